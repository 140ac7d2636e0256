-- One row for each item of an order, in its place.
select order_id, customer_id, place, item ->> 'product_id' as product_id, (item ->> 'quantity')::integer as quantity,
    (item ->> 'returned_quantity')::integer as returned_quantity
from {{ ref('orders') }}, jsonb_array_elements(items) with ordinality as x (item, place)
