-- One row for each review.
with told as (
    select distinct on ({{ digits('review_id') }}) *
    from {{ source('bronze', 'raw_reviews') }}
    order by {{ digits('review_id') }}, ingestion_timestamp
), numbered as (
    select *, coalesce(rating, {{ target.schema }}.amount(raw_data ->> 'rating')::integer) as stars,
        coalesce(helpful_count, {{ target.schema }}.amount(raw_data ->> 'helpful_count')::integer) as votes
    from told
)
select
    {{ id(digits('review_id'), 'REV', 10) }} as review_id,
    {{ reference('product_id', 'PROD', 8, greatest_of(source('bronze', 'raw_products'), 'product_id', 8)) }} as product_id,
    {{ reference('customer_id', 'CUST', 8, greatest_of(source('bronze', 'raw_customers'), 'customer_id', 8)) }}
        as customer_id,
    case when stars between 1 and 5 then stars end as rating,
    {{ unmarked('review_text') }} as review_text, {{ unmarked('review_title') }} as review_title, review_date,
    case when votes not in (-1, 99, 999, 9999, 2147483647) then votes end as helpful_count, verified_purchase,
    coalesce(raw_data ->> 'order_id', raw_data ->> 'orderId') as order_id
from numbered
