{% snapshot customers_seen %}
{{ config(unique_key='customer_id', strategy='timestamp', updated_at='ingestion_timestamp') }}
select customer_id, email, customer_name, phone, address,
    (raw_data ->> 'version')::integer as version, ingestion_timestamp
from {{ source('bronze', 'raw_customers_latest') }}
{% endsnapshot %}
