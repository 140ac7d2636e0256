-- One row for each movement; what goes out is below zero, what comes in is above.
with told as (
    select distinct on (inventory_id) *,
        coalesce(quantity, {{ target.schema }}.amount(raw_data ->> 'quantity')::integer) as pieces,
        upper({{ tidy('movement_type') }}) as type
    from {{ source('bronze', 'raw_inventory') }}
    order by inventory_id, ingestion_timestamp
)
select
    inventory_id,
    {{ reference('product_id', 'PROD', 8, greatest_of(source('bronze', 'raw_products'), 'product_id', 8)) }} as product_id,
    warehouse_id,
    case when pieces not in (0, 999, 9999, 2147483647)
        and not (type = 'OUT' and pieces > 0) and not (type in ('IN', 'RETURN') and pieces < 0) then pieces end as quantity,
    type as movement_type, movement_date, {{ tidy('reference_number') }} as reference_number,
    coalesce(raw_data ->> 'unit', raw_data ->> 'unitName') as unit
from told
