-- What the events of a visit agree on. Their ids tell the session's number: (number - 1) x 64 + place.
select
    (event_id - 1) / 64 + 1 as number,
    mode() within group (order by {{ digits('user_id') }}) as user_number,
    mode() within group (order by device_info) as device,
    min({{ text('order_id') }}) as order_id
from {{ source('bronze', 'raw_clickstream') }}
where event_id > 0
group by 1
