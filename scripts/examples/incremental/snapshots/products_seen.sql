{% snapshot products_seen %}
{{ config(unique_key='product_id', strategy='timestamp', updated_at='ingestion_timestamp') }}
select product_id, product_name, price, cost,
    (raw_data ->> 'version')::integer as version, ingestion_timestamp
from {{ source('bronze', 'raw_products_latest') }}
{% endsnapshot %}
