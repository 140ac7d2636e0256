-- One row for each person: deliveries once, one registration once, tests and placeholders without what they pretend. Of
-- three names two tell the third.
with told as (
    select {{ digits('customer_id') }} as number, *
    from {{ source('bronze', 'raw_customers') }}
), once as (
    select distinct on (number, registration_date) * from told order by number, registration_date, ingestion_timestamp
), persons as (
    -- who registers again keeps the instant of the first time, and gets a number far beyond the others
    select distinct on (registration_date) * from once order by registration_date, number
), counted as (
    select *, count(*) over (partition by number) as twins,
        row_number() over (partition by number order by registration_date) as place
    from persons
), tidied as (
    select *,
        {{ number_of_its_own() }} as own,
        email like 'test+%@example.com' as test,
        customer_name like '%, %' as in_a_list,
        address ->> 'country_code' is not distinct from 'JP' as family_first,
        {{ tidy('customer_name') }} as whole, {{ tidy('first_name') }} as first_one, {{ tidy('last_name') }} as last_one
    from counted
), sorted as (
    -- of what cannot be read nothing is left
    select *,
        case when whole !~ '\ufffd' and not in_a_list then whole end as name,
        case when in_a_list then last_one when first_one !~ '\ufffd' then first_one end as given,
        case when in_a_list then first_one when last_one !~ '\ufffd' then last_one end as family
    from tidied
), joined as (
    select *, case when family_first then family || ' ' || given else given || ' ' || family end as both_names,
        {{ odd('given') }} or {{ odd('family') }} as odd_parts
    from sorted
), agreed as (
    -- of three names that agree but for their case, the one that is of one case yields: GLEN, or Mccormick beside McCormick
    select *,
        coalesce(name, both_names, whole) as whole_name,
        lower(name) = lower(both_names) and (odd_parts or both_names = initcap(name)) and not {{ odd('name') }} as by_name,
        lower(name) = lower(both_names) and ({{ odd('name') }} or name = initcap(both_names)) and not odd_parts as by_both
    from joined
)
select
    {{ id('own', 'CUST', 8) }} as customer_id, case when not test then lower({{ tidy('email') }}) end as email,
    case when test then null when by_both then both_names else whole_name end as customer_name,
    case when test then null
        when by_name or given is null and position(family in name) > 0 then btrim(case when family_first
            then substr(name, length(family) + 1) else left(name, -length(family)) end)
        else coalesce(given, first_one) end as first_name,
    case when test then null
        when by_name or family is null and position(given in name) > 0 then btrim(case when family_first
            then left(name, -length(given)) else substr(name, length(given) + 1) end)
        else coalesce(family, last_one) end as last_name,
    {{ tidy('phone') }} as phone, address, registration_date,
    case when date_of_birth not in ('1900-01-01', '1970-01-01', '1899-12-30', '2000-01-01') then date_of_birth end
        as date_of_birth,
    coalesce(genders.word, {{ tidy('gender') }}) as gender,
    {{ text('preferred_language') }} as preferred_language, {{ flag('marketing_opt_in') }} as marketing_opt_in,
    {{ instant('address_since') }} as address_since, {{ instant('erased_at') }} as erased_at
from agreed
left join {{ spelling(source('bronze', 'raw_customers'), 'gender') }} as genders
    on genders.small = lower({{ tidy('gender') }})
