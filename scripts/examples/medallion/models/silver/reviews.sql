-- One row for each review. Its id tells the order and the place of the item in it, (number - 1) x 8 + place, and so who
-- bought what.
with told as (
    select {{ digits('review_id') }} as number, {{ text('order_id') }} as told_order,
        coalesce(rating, {{ number('rating') }}::integer) as stars,
        coalesce(helpful_count, {{ number('helpful_count') }}::integer) as votes, *
    from {{ source('bronze', 'raw_reviews') }}
), once as (
    select distinct on (number, review_date) * from told order by number, review_date, ingestion_timestamp
), counted as (
    select *, count(*) over (partition by number) as twins,
        coalesce(told_order, {{ id('(number::bigint - 1) / 8 + 1', 'ORD', 10) }}) as order_id
    from once
), greatest_ones as (
    select {{ greatest_of(source('bronze', 'raw_customers'), 'customer_id', 8) }} as customer,
        {{ greatest_of(source('bronze', 'raw_products'), 'product_id', 8) }} as product
)
select
    case when mine.place is not null
        then {{ id('(' ~ digits('counted.order_id') ~ ' - 1) * 8 + mine.place', 'REV', 10) }}
        else {{ id('number', 'REV', 10) }} end as review_id,
    case when {{ digits('counted.product_id') }} <= product then {{ id(digits('counted.product_id'), 'PROD', 8) }}
        else its.product_id end as product_id,
    case when {{ digits('counted.customer_id') }} <= customer then {{ id(digits('counted.customer_id'), 'CUST', 8) }}
        else coalesce(mine.customer_id, its.customer_id) end as customer_id,
    case when stars between 1 and 5 then stars end as rating,
    {{ unmarked('review_text') }} as review_text, coalesce(titles.word, {{ unmarked('review_title') }}) as review_title,
    review_date, case when votes not in (-1, 99, 999, 9999, 2147483647) then votes end as helpful_count,
    coalesce(verified_purchase, {{ flag('verified_purchase') }}) as verified_purchase,
    counted.order_id, {{ instant('edited_at') }} as edited_at
from counted
cross join greatest_ones
left join {{ ref('order_items') }} as mine on mine.order_id = counted.order_id and mine.product_id = counted.product_id
left join {{ ref('order_items') }} as its on its.order_id = counted.order_id and twins = 1
    and its.place = (number::bigint - 1) % 8 + 1
left join {{ spelling(source('bronze', 'raw_reviews'), 'review_title') }} as titles
    on titles.small = lower({{ unmarked('review_title') }})
