-- category seasons: units by category, subcategory and month of the year, of the hundred subcategories that sell most.
-- needs: orders 1, products 1; raw_data
WITH sold AS (
    SELECT p.category, p.subcategory, extract(month FROM o.order_date)::integer AS month,
           coalesce(sum((i.item ->> 'quantity')::integer), 0) AS units
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
    JOIN raw_products AS p ON p.product_id = i.item ->> 'product_id'
    GROUP BY 1, 2, 3
), totals AS (
    SELECT category, subcategory, month, units, sum(units) OVER (PARTITION BY category, subcategory) AS total FROM sold
), ranked AS (
    SELECT category, subcategory, month, units, dense_rank() OVER (ORDER BY total DESC, category, subcategory) AS place
    FROM totals
)
SELECT category, subcategory, month, units
FROM ranked
WHERE place <= 100
ORDER BY place, month
