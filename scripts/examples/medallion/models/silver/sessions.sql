-- One row for each visit; end and duration tell each other.
with told as (
    select {{ digits('session_id') }} as number, *
    from {{ source('bronze', 'raw_sessions') }}
    where {{ digits('session_id') }} < 9 * 10.0 ^ 11  -- visits beyond the count of all are played by programs
), once as (
    select distinct on (number, start_time) * from told order by number, start_time, ingestion_timestamp
), counted as (
    select *, count(*) over (partition by number) as twins,
        row_number() over (partition by number order by start_time) as place,
        coalesce(duration_seconds, {{ target.schema }}.amount(raw_data ->> 'duration_seconds')::integer) as seconds
    from once
), numbered as (
    select *, {{ number_of_its_own() }} as own from counted
)
select
    {{ id('own', 'SESS', 12) }} as session_id,
    {{ reference('user_id', 'CUST', 8, greatest_of(source('bronze', 'raw_customers'), 'customer_id', 8)) }} as user_id,
    start_time,
    case when end_time > start_time then end_time
        when end_time is null and seconds between 1 and 10800 then start_time + make_interval(secs => seconds) end
        as end_time,
    case when end_time > start_time then extract(epoch from end_time - start_time)::integer
        when end_time is null and seconds between 1 and 10800 then seconds end as duration_seconds,
    coalesce(devices.word, {{ tidy('device_type') }}) as device_type,
    coalesce(browsers.word, {{ tidy('browser') }}) as browser,
    coalesce(systems.word, {{ tidy('operating_system') }}) as operating_system,
    location, {{ tidy('ip_address') }} as ip_address, is_mobile,
    coalesce(raw_data ->> 'traffic_source', raw_data ->> 'trafficSource') as traffic_source,
    (raw_data ->> 'event_count')::integer as event_count
from numbered
left join {{ spelling(source('bronze', 'raw_sessions'), 'device_type') }} as devices
    on devices.small = lower({{ tidy('device_type') }})
left join {{ spelling(source('bronze', 'raw_sessions'), 'browser') }} as browsers
    on browsers.small = lower({{ tidy('browser') }})
left join {{ spelling(source('bronze', 'raw_sessions'), 'operating_system') }} as systems
    on systems.small = lower({{ tidy('operating_system') }})
