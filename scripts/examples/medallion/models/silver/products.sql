-- One row for each product: its article number ends with the number of its id. What is wrong with an amount or a weight
-- is seen by what is beside it, and by what others of the kind have.
with told as (
    select distinct on (sku) *,
        coalesce({{ digits('sku') }}, {{ digits('product_id') }}) as number,
        {{ unmarked('product_name') }} as name,
        lower({{ tidy('subcategory') }}) as kind,
        {{ tidy('category') }} as told_category,
        abs(coalesce(price, {{ number('price') }})) as asked,
        abs(coalesce(cost, {{ number('cost') }})) as paid,
        (attributes #>> '{weight,value}')::numeric as weight,
        {{ instant('price_since') }} as price_since
    from {{ source('bronze', 'raw_products') }}
    order by sku, ingestion_timestamp
), kinds as (
    select kind, percentile_cont(0.5) within group (order by weight)::numeric as usual,
        mode() within group (order by told_category) as its_category
    from told group by 1
), words as (
    select lower(word) as small, mode() within group (order by word) as word
    from told, regexp_split_to_table(name, ' ') as word
    where not {{ odd('name') }} group by 1
), renamed as (
    select number, string_agg(coalesce(words.word, initcap(spelt)), ' ' order by place) as name_again
    from told, regexp_split_to_table(name, ' ') with ordinality as x (spelt, place)
    left join words on small = lower(spelt)
    where {{ odd('name') }} group by 1
), weighed as (
    -- in kilograms or in pounds, whichever is nearer to what is usual
    select *,
        case when weight * 8 < usual then case
            when abs(ln(weight * 1000 / usual)) < abs(ln(weight * 453 / usual)) then round(weight * 1000)
            else round(weight * 453) end end as grams
    from told left join kinds using (kind) left join renamed using (number)
), ordered as (
    -- numbers are dense in order of launch: of two readings of day and month the one nearer to the launch before
    select *, max({{ instant('launched_at') }}) over (order by number rows between unbounded preceding and 1 preceding)
        as launch_before, {{ text('launched_at') }} as launch_told
    from weighed
), launched as (
    select *, coalesce(
        {{ instant('launched_at') }},
        case when launch_told ~ '^[0-9]{9,10}$' then to_timestamp(launch_told::bigint) at time zone 'UTC' end,
        case when launch_told ~ '^[0-9]{14}$' then {{ moment('launch_told', 'YYYYMMDDHH24MISS') }} end,
        case when launch_told like '__.__.%' then {{ moment('launch_told', 'DD.MM.YYYY HH24:MI') }} end,
        (select reading from (values ({{ moment('launch_told', 'DD/MM/YYYY HH24:MI:SS') }}),
            ({{ moment('launch_told', 'MM/DD/YYYY HH24:MI:SS') }})) as readings (reading)
        where reading is not null order by abs(extract(epoch from reading - launch_before)) limit 1)) as launch
    from ordered
)
select
    {{ id('number', 'PROD', 8) }} as product_id, coalesce(name_again, name) as product_name,
    {{ unmarked('description') }} as description,
    coalesce(categories.word, told_category, its_category) as category,
    coalesce(subcategories.word, {{ tidy('subcategory') }}) as subcategory,
    case when asked > 15 * paid then round(asked / 100, 2) else asked end as price,
    case when paid > 5 * asked then round(paid / 100, 2) else paid end as cost,
    currency, case when grams is null then attributes else jsonb_set(attributes, '{weight,value}', to_jsonb(grams)) end
        as attributes,
    supplier_id, coalesce(brands.word, {{ tidy('brand') }}) as brand, sku,
    launch as launched_at,
    price_since, {{ instant('corrected_at') }} as corrected_at, {{ instant('discontinued_at') }} as discontinued_at
from launched
left join {{ spelling(source('bronze', 'raw_products'), 'category') }} as categories
    on categories.small = lower(told_category)
left join {{ spelling(source('bronze', 'raw_products'), 'subcategory') }} as subcategories on subcategories.small = kind
left join {{ spelling(source('bronze', 'raw_products'), 'brand') }} as brands
    on brands.small = lower({{ tidy('brand') }})
