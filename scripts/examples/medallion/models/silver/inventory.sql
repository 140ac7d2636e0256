-- One row for each movement. What goes out is below zero, what comes in is above; how much an order moves, its item
-- tells.
with told as (
    select distinct on (inventory_id) *,
        coalesce(quantity, {{ number('quantity') }}::integer) as pieces,
        upper({{ tidy('movement_type') }}) as type
    from {{ source('bronze', 'raw_inventory') }}
    order by inventory_id, ingestion_timestamp
), numbered as (
    select *,
        case when pieces not in (0, 99, 999, 9999, 2147483647) and not (type = 'OUT' and pieces > 0)
            and not (type in ('IN', 'RETURN') and pieces < 0) then pieces end as judged
    from told
)
select
    inventory_id,
    {{ reference('told.product_id', 'PROD', 8, greatest_of(source('bronze', 'raw_products'), 'product_id', 8)) }}
        as product_id,
    warehouse_id,
    coalesce(case type when 'OUT' then -items.quantity when 'RETURN' then items.returned_quantity end, judged)
        as quantity,
    type as movement_type, movement_date, {{ tidy('reference_number') }} as reference_number,
    {{ text('unit') }} as unit, {{ text('reason') }} as reason,
    {{ text('counterpart_warehouse_id') }} as counterpart_warehouse_id
from numbered as told
left join {{ ref('order_items') }} as items on items.order_id = reference_number and items.product_id = told.product_id
