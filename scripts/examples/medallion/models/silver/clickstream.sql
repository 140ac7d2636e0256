-- One row for each event: its id tells its session and its place in it, whatever became of those.
with told as (
    select distinct on (event_id) *
    from {{ source('bronze', 'raw_clickstream') }}
    where event_id > 0
    order by event_id, ingestion_timestamp
), customers as (
    select {{ greatest_of(source('bronze', 'raw_customers'), 'customer_id', 8) }} as greatest
)
select
    event_id, {{ id('(event_id - 1) / 64 + 1', 'SESS', 12) }} as session_id,
    case when user_id is null then null
        when {{ digits('user_id') }} <= greatest then {{ id(digits('user_id'), 'CUST', 8) }}
        when user_number <= greatest then {{ id('user_number', 'CUST', 8) }} end as user_id,
    coalesce(types.word, {{ tidy('event_type') }}) as event_type,
    {{ unmarked('page_url') }} as page_url, {{ tidy('referrer') }} as referrer,
    coalesce(device_info, device) as device_info, event_timestamp,
    (event_id - 1) % 64 + 1 as sequence_number,
    {{ text('product_id') }} as product_id, {{ text('order_id') }} as order_id,
    {{ text('search_query') }} as search_query,
    {{ number('quantity') }}::integer as quantity, {{ number('cart_value') }} as cart_value
from told
cross join customers
left join {{ ref('visits') }} as visits on visits.number = (event_id - 1) / 64 + 1
left join {{ spelling(source('bronze', 'raw_clickstream'), 'event_type') }} as types
    on types.small = lower({{ tidy('event_type') }})
