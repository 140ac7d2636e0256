-- One row for each product; amounts that are a hundred times too large are seen by what is beside them.
with told as (
    select {{ digits('product_id') }} as number, coalesce(raw_data ->> 'launched_at', raw_data ->> 'launchedAt') as launch,
        *
    from {{ source('bronze', 'raw_products') }}
), once as (
    select distinct on (number, sku) * from told order by number, sku, ingestion_timestamp
), counted as (
    select *, count(*) over (partition by number) as twins,
        row_number() over (partition by number order by launch) as place
    from once
), tidied as (
    select *,
        {{ id(number_of_its_own(), 'PROD', 8) }} as id,
        abs(coalesce(price, {{ target.schema }}.amount(raw_data ->> 'price'))) as asked,
        abs(coalesce(cost, {{ target.schema }}.amount(raw_data ->> 'cost'))) as paid
    from counted
)
select
    id as product_id, {{ unmarked('product_name') }} as product_name, {{ unmarked('description') }} as description,
    coalesce(categories.word, {{ tidy('category') }}) as category,
    coalesce(subcategories.word, {{ tidy('subcategory') }}) as subcategory,
    case when asked > 15 * paid then round(asked / 100, 2) else asked end as price,
    case when paid > 5 * asked then round(paid / 100, 2) else paid end as cost,
    currency, attributes, supplier_id, coalesce(brands.word, {{ tidy('brand') }}) as brand, sku,
    launch as launched_at
from tidied
left join {{ spelling(source('bronze', 'raw_products'), 'category') }} as categories
    on categories.small = lower({{ tidy('category') }})
left join {{ spelling(source('bronze', 'raw_products'), 'subcategory') }} as subcategories
    on subcategories.small = lower({{ tidy('subcategory') }})
left join {{ spelling(source('bronze', 'raw_products'), 'brand') }} as brands on brands.small = lower({{ tidy('brand') }})
