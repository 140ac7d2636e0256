-- Orders and revenue by day. A return in January changes a day in December: days whose orders have news are made anew.
{{ config(materialized='incremental', unique_key='day') }}
select order_date::date as day, count(*) as orders, count(*) filter (where status = 'cancelled') as cancelled,
    sum(total_amount) filter (where status <> 'cancelled') as revenue, max(ingestion_timestamp) as ingestion_timestamp
from {{ ref('orders_history') }}
where valid_to is null
{% if is_incremental() %}
and order_date::date in (
    select order_date::date from {{ ref('orders_history') }}
    where order_id in ({{ news(ref('orders_history'), 'order_id') }})
)
{% endif %}
group by 1
