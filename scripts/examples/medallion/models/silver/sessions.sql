-- One row for each visit; end and duration tell each other, and its events tell the device.
with told as (
    select {{ digits('session_id') }} as number, *
    from {{ source('bronze', 'raw_sessions') }}
    where {{ digits('session_id') }} < 9 * 10.0 ^ 11  -- visits beyond the count of all are played by programs
), once as (
    select distinct on (number, start_time) * from told order by number, start_time, ingestion_timestamp
), counted as (
    select *, count(*) over (partition by number) as twins,
        row_number() over (partition by number order by start_time) as place,
        coalesce(duration_seconds, {{ number('duration_seconds') }}::integer) as seconds
    from once
), numbered as (
    select *, {{ number_of_its_own() }} as own from counted
), ended as (
    select *,
        case when end_time > start_time then end_time
            when end_time is null and seconds between 1 and 10800 then start_time + make_interval(secs => seconds) end
            as ending
    from numbered
), customers as (
    select {{ greatest_of(source('bronze', 'raw_customers'), 'customer_id', 8) }} as greatest
)
select
    {{ id('own', 'SESS', 12) }} as session_id,
    case when user_id is null then null
        when {{ digits('user_id') }} <= greatest then {{ id(digits('user_id'), 'CUST', 8) }}
        when user_number <= greatest then {{ id('user_number', 'CUST', 8) }} end as user_id,
    start_time, ending as end_time, extract(epoch from ending - start_time)::integer as duration_seconds,
    coalesce(devices.word, {{ tidy('device_type') }}, device ->> 'device_type') as device_type,
    coalesce(browsers.word, {{ tidy('browser') }}, device ->> 'browser') as browser,
    coalesce(systems.word, {{ tidy('operating_system') }}, device ->> 'operating_system') as operating_system,
    location, {{ tidy('ip_address') }} as ip_address, is_mobile,
    {{ text('visitor_id') }} as visitor_id, {{ text('landing_page') }} as landing_page,
    {{ text('traffic_source') }} as traffic_source, {{ text('medium') }} as medium, {{ text('campaign') }} as campaign,
    {{ flag('converted') }} as converted, {{ number('event_count') }}::integer as event_count,
    {{ listed('experiments') }} as experiments, {{ text('device_fingerprint') }} as device_fingerprint,
    {{ text('user_agent') }} as user_agent
from ended
cross join customers
left join {{ ref('visits') }} as visits on visits.number = own
left join {{ spelling(source('bronze', 'raw_sessions'), 'device_type') }} as devices
    on devices.small = lower({{ tidy('device_type') }})
left join {{ spelling(source('bronze', 'raw_sessions'), 'browser') }} as browsers
    on browsers.small = lower({{ tidy('browser') }})
left join {{ spelling(source('bronze', 'raw_sessions'), 'operating_system') }} as systems
    on systems.small = lower({{ tidy('operating_system') }})
