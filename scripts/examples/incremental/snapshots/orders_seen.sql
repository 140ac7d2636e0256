{% snapshot orders_seen %}
{{ config(unique_key='order_id', strategy='timestamp', updated_at='ingestion_timestamp') }}
select order_id, customer_id, status, total_amount, raw_data ->> 'payment_status' as payment_status,
    (raw_data ->> 'version')::integer as version, ingestion_timestamp
from {{ source('bronze', 'raw_orders_latest') }}
{% endsnapshot %}
