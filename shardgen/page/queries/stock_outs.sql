-- stock outs: on how many of its days a shelf (a product in a warehouse) is empty when they end, by warehouse.
-- needs: inventory 1
WITH moved AS (
    SELECT product_id, warehouse_id, movement_date::date AS day, sum(quantity) AS quantity
    FROM raw_inventory
    GROUP BY product_id, warehouse_id, movement_date::date
), levels AS (
    -- what lies there when a day ends, until something moves again
    SELECT warehouse_id, day, sum(quantity) OVER w AS level, coalesce(lead(day) OVER w, %(end)s::date) AS until
    FROM moved
    WINDOW w AS (PARTITION BY product_id, warehouse_id ORDER BY day)
)
SELECT warehouse_id AS warehouse, sum(until - day) AS days, coalesce(sum(until - day) FILTER (WHERE level = 0), 0) AS empty
FROM levels
WHERE day >= %(epoch)s::date
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT 20
