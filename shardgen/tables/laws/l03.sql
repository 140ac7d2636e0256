-- L3: the warehouses' book agrees with the orders item by item, both ways, and transfers come in pairs.
-- needs: orders, inventory; raw_data; along order, transfer
WITH items AS (
    SELECT o.order_id, i.item ->> 'product_id' AS product_id, o.raw_data ->> 'warehouse_id' AS warehouse_id,
           (i.item ->> 'quantity')::integer AS quantity,
           (i.item ->> 'returned_quantity')::integer AS returned_quantity,
           (o.raw_data ->> 'shipped_at')::timestamp AS shipped_at,
           (o.raw_data ->> 'returned_at')::timestamp AS returned_at,
           o.raw_data ? 'shipments' AS in_parts
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
), parcels AS (
    SELECT o.order_id, p.parcel ->> 'warehouse_id' AS warehouse_id, p.parcel -> 'items' AS items,
           (p.parcel ->> 'shipped_at')::timestamp AS shipped_at,
           (p.parcel ->> 'delivered_at')::timestamp AS delivered_at
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'shipments') AS p (parcel)
), sent AS (
    -- of an order that ships in parts, its parcels tell what has left
    SELECT p.order_id, i.item ->> 'product_id' AS product_id, p.warehouse_id,
           (i.item ->> 'quantity')::integer AS quantity, p.shipped_at
    FROM parcels AS p
    CROSS JOIN LATERAL jsonb_array_elements(p.items) AS i (item)
    UNION ALL
    SELECT order_id, product_id, warehouse_id, quantity, shipped_at
    FROM items WHERE shipped_at IS NOT NULL AND NOT in_parts
), expected AS (
    SELECT 'OUT' AS movement_type, order_id, product_id, warehouse_id, -quantity AS quantity, shipped_at AS moved_at
    FROM sent
    UNION ALL
    SELECT 'RETURN', i.order_id, i.product_id, s.warehouse_id, i.returned_quantity, i.returned_at
    FROM items AS i
    LEFT JOIN sent AS s ON s.order_id = i.order_id AND s.product_id = i.product_id
    WHERE i.returned_quantity > 0
), split AS (
    SELECT order_id, count(*) AS parcels, count(DISTINCT warehouse_id) AS warehouses, max(shipped_at) AS shipped_at,
           max(delivered_at) AS delivered_at, count(delivered_at) AS delivered
    FROM parcels
    GROUP BY order_id
), booked AS (
    SELECT inventory_id, movement_type, reference_number AS order_id, product_id, warehouse_id, quantity,
           movement_date AS moved_at
    FROM raw_inventory
    WHERE movement_type IN ('OUT', 'RETURN')
), transfers AS (
    SELECT reference_number, product_id, min(inventory_id) AS inventory_id,
           count(*) = 2 AND sum(quantity) = 0 AND min(quantity) < 0 AND min(movement_date) = max(movement_date)
               AND min(warehouse_id) < max(warehouse_id)
               AND bool_and(raw_data ->> 'counterpart_warehouse_id' <> warehouse_id)
               AND min(raw_data ->> 'counterpart_warehouse_id') = min(warehouse_id)
               AND max(raw_data ->> 'counterpart_warehouse_id') = max(warehouse_id) AS paired
    FROM raw_inventory
    WHERE movement_type = 'TRANSFER'
    GROUP BY reference_number, product_id
)
SELECT 'order holds a product twice' AS law_part, order_id AS row_id, product_id AS detail
FROM items GROUP BY order_id, product_id HAVING count(*) > 1
UNION ALL
SELECT 'order without items', order_id, NULL
FROM raw_orders
WHERE coalesce(jsonb_array_length(raw_data -> 'items'), 0) = 0
UNION ALL
SELECT 'item is shipped with another quantity, or not at all', i.order_id, i.product_id
FROM items AS i
LEFT JOIN sent AS s ON s.order_id = i.order_id AND s.product_id = i.product_id
WHERE i.shipped_at IS NOT NULL AND s.quantity IS DISTINCT FROM i.quantity
UNION ALL
SELECT 'parcels and their order disagree', o.order_id, concat_ws(' ', s.parcels, 'parcels of', s.warehouses, 'warehouses')
FROM raw_orders AS o
JOIN split AS s ON s.order_id = o.order_id
WHERE (s.warehouses = s.parcels
       AND CASE s.parcels WHEN 1 THEN NOT o.raw_data ? 'shipped_at'
                          WHEN 2 THEN s.shipped_at = (o.raw_data ->> 'shipped_at')::timestamp END
       AND (s.parcels = 2 AND s.delivered = 2) = (o.raw_data ? 'delivered_at')
       AND (NOT o.raw_data ? 'delivered_at' OR s.delivered_at = (o.raw_data ->> 'delivered_at')::timestamp)) IS NOT TRUE
UNION ALL
SELECT 'item and its ' || coalesce(e.movement_type, b.movement_type) || ' disagree',
       coalesce(b.inventory_id::text, e.order_id),
       concat_ws(' ', coalesce(e.order_id, b.order_id), coalesce(e.product_id, b.product_id),
                 CASE WHEN b.inventory_id IS NULL THEN 'is not booked so' ELSE 'is booked without such an item' END)
FROM expected AS e
FULL JOIN booked AS b
    ON b.order_id = e.order_id AND b.product_id = e.product_id AND b.movement_type = e.movement_type
   AND b.warehouse_id = e.warehouse_id AND b.quantity = e.quantity AND b.moved_at = e.moved_at
WHERE e.order_id IS NULL OR b.inventory_id IS NULL
UNION ALL
SELECT 'item has several ' || movement_type, min(inventory_id)::text, concat_ws(' ', order_id, product_id)
FROM booked GROUP BY movement_type, order_id, product_id HAVING count(*) > 1
UNION ALL
SELECT 'transfer is no pair', inventory_id::text, reference_number
FROM transfers WHERE paired IS NOT TRUE
UNION ALL
SELECT 'transfer in the only warehouse', inventory_id::text, reference_number
FROM transfers WHERE %(warehouses)s::integer = 1
UNION ALL
SELECT 'movement of unknown type or with the wrong sign', inventory_id::text, movement_type || ' ' || quantity
FROM raw_inventory
WHERE (CASE movement_type WHEN 'IN' THEN quantity > 0 WHEN 'RETURN' THEN quantity > 0 WHEN 'OUT' THEN quantity < 0
                          WHEN 'TRANSFER' THEN quantity <> 0 WHEN 'ADJUSTMENT' THEN quantity <> 0 END) IS NOT TRUE
