-- Reviews as they stand. One that was taken down stays as a row that says so: no increment deletes what it does not name.
{{ config(materialized='incremental', unique_key='review_id') }}
select distinct on (review_id) review_id, product_id, customer_id, rating, review_date, helpful_count,
    raw_data ->> 'operation' = 'delete' as taken_down, ingestion_timestamp
from {{ source('bronze', 'raw_reviews') }}
{% if is_incremental() %}
where review_id in ({{ news(source('bronze', 'raw_reviews'), 'review_id') }})
{% endif %}
order by review_id, ingestion_timestamp desc
