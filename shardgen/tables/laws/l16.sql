-- L16: no shelf ever holds less than nothing, and a warehouse's first movement of a product is its stock-in.
-- needs: inventory; along product
WITH levels AS (
    SELECT inventory_id, product_id, warehouse_id, movement_type, movement_date,
           -- all movements of an instant count at once
           sum(quantity) OVER (PARTITION BY product_id, warehouse_id ORDER BY movement_date) AS level,
           rank() OVER (PARTITION BY product_id, warehouse_id ORDER BY movement_date) AS place
    FROM raw_inventory
)
SELECT 'stock is negative' AS law_part, inventory_id::text AS row_id,
       concat_ws(' ', product_id, warehouse_id, movement_date, level) AS detail
FROM levels
WHERE level < 0
UNION ALL
SELECT 'first movement is no stock-in', inventory_id::text, concat_ws(' ', product_id, warehouse_id, movement_type)
FROM levels
WHERE place = 1 AND movement_type <> 'IN'
