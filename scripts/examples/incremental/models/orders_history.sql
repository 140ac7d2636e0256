-- Every version of an order, with its time of validity. An order that has news is made anew, with all its versions.
{{ config(materialized='incremental', unique_key='order_id') }}
select order_id, (raw_data ->> 'version')::integer as version, customer_id, order_date, status, total_amount,
    raw_data ->> 'payment_status' as payment_status, ingestion_timestamp, ingestion_timestamp as valid_from,
    lead(ingestion_timestamp) over (partition by order_id order by ingestion_timestamp) as valid_to
from {{ source('bronze', 'raw_orders') }}
{% if is_incremental() %}
where order_id in ({{ news(source('bronze', 'raw_orders'), 'order_id') }})
{% endif %}
