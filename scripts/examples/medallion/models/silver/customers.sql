-- One row for each person: deliveries once, one registration once, tests and placeholders without what they pretend.
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
    select
        {{ id(number_of_its_own(), 'CUST', 8) }} as customer_id,
        lower({{ tidy('email') }}) as email,
        {{ tidy('customer_name') }} as whole,
        {{ tidy('first_name') }} as first_one,
        {{ tidy('last_name') }} as last_one,
        {{ tidy('phone') }} as phone, address, registration_date, date_of_birth, {{ tidy('gender') }} as gender,
        coalesce(raw_data ->> 'preferred_language', raw_data ->> 'preferredLanguage') as preferred_language,
        case raw_data ->> 'marketing_opt_in' when 'Y' then true when 'N' then false when 'true' then true
            when 'false' then false end as marketing_opt_in
    from counted
), swapped as (
    select *,
        whole like last_one || ', ' || first_one or whole like first_one || ', ' || last_one as in_a_list,
        email like 'test+%@example.com' as test
    from tidied
), named as (
    select *,
        case when in_a_list then last_one else first_one end as given,
        case when in_a_list then first_one else last_one end as family,
        case when in_a_list then last_one || ' ' || first_one else whole end as name
    from swapped
), cased as (
    -- of three names that agree but for their case, the one that is all of one case, or begins with a small letter, yields
    select *,
        lower(name) = lower(given || ' ' || family) and name <> given || ' ' || family as differ,
        name in (upper(name), lower(name)) or name ~ '^[[:lower:]]'
            or (name = initcap(name) and given || ' ' || family <> initcap(name)
                and not (given in (upper(given), lower(given)) or given ~ '^[[:lower:]]'
                    or (family = upper(family) and length(family) > 1) or family ~ '^[[:lower:]][[:upper:]]')) as odd
    from named
)
select
    customer_id, case when not test then email end as email,
    case when test then null when differ and odd then given || ' ' || family else name end as customer_name,
    case when test then null when differ and not odd then left(name, length(given))
        when given is null and right(name, length(family)) = family and length(name) > length(family)
            then btrim(left(name, -length(family)))
        else given end as first_name,
    case when test then null when differ and not odd then right(name, length(family))
        when family is null and left(name, length(given)) = given and length(name) > length(given)
            then btrim(right(name, -length(given)))
        else family end as last_name,
    phone, address, registration_date,
    case when date_of_birth not in ('1900-01-01', '1970-01-01', '1899-12-30', '2000-01-01') then date_of_birth end
        as date_of_birth,
    coalesce(genders.word, gender) as gender, preferred_language, marketing_opt_in
from cased
left join {{ spelling(source('bronze', 'raw_customers'), 'gender') }} as genders on genders.small = lower(gender)
