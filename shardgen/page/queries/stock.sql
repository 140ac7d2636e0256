-- stock: units on hand of the three products that move most, in the warehouse where they do, at the end of each step.
-- needs: inventory 1
WITH busiest AS (
    SELECT product_id, warehouse_id, row_number() OVER (ORDER BY moved DESC, product_id) AS place
    FROM (
        SELECT DISTINCT ON (product_id) product_id, warehouse_id, sum(abs(quantity)) AS moved
        FROM raw_inventory
        GROUP BY product_id, warehouse_id
        ORDER BY product_id, moved DESC, warehouse_id
    ) AS best
    ORDER BY moved DESC, product_id
    LIMIT 3
), moved AS (
    SELECT b.product_id, b.warehouse_id,
           greatest(date_bin(%(step)s::interval, i.movement_date, %(epoch)s::timestamp), %(epoch)s::timestamp) AS start,
           sum(i.quantity) AS units
    FROM busiest AS b
    JOIN raw_inventory AS i USING (product_id, warehouse_id)
    GROUP BY 1, 2, 3
), steps AS (
    SELECT b.*, start
    FROM busiest AS b
    CROSS JOIN generate_series(%(epoch)s::timestamp, %(end)s::timestamp - interval '1 us', %(step)s::interval) AS start
)
SELECT s.place, product_id, warehouse_id, start,
       sum(coalesce(m.units, 0)) OVER (PARTITION BY product_id ORDER BY start) AS units
FROM steps AS s
LEFT JOIN moved AS m USING (product_id, warehouse_id, start)
ORDER BY s.place, start
