-- One row for each event: its id is the session's number x 64 and its number in it, which tells both.
with told as (
    select distinct on (event_id) *
    from {{ source('bronze', 'raw_clickstream') }}
    where event_id > 0
    order by event_id, ingestion_timestamp
)
select
    event_id, {{ id('(event_id - 1) / 64 + 1', 'SESS', 12) }} as session_id,
    {{ reference('user_id', 'CUST', 8, greatest_of(source('bronze', 'raw_customers'), 'customer_id', 8)) }} as user_id,
    coalesce(types.word, {{ tidy('event_type') }}) as event_type,
    {{ unmarked('page_url') }} as page_url, {{ tidy('referrer') }} as referrer, device_info, event_timestamp,
    (event_id - 1) % 64 + 1 as sequence_number
from told
left join {{ spelling(source('bronze', 'raw_clickstream'), 'event_type') }} as types
    on types.small = lower({{ tidy('event_type') }})
