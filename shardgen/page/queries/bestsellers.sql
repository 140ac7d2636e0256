-- bestsellers: the fifty products that sold the most units.
-- needs: orders 1, products 1; raw_data
WITH sold AS (
    SELECT i.item ->> 'product_id' AS product_id, coalesce(sum((i.item ->> 'quantity')::integer), 0) AS units,
           coalesce(sum((i.item ->> 'total_amount')::numeric), 0) AS revenue,
           coalesce(sum((i.item ->> 'returned_quantity')::integer), 0) AS returned
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
    GROUP BY 1
    ORDER BY 2 DESC, 1
    LIMIT 50
)
SELECT product_id, p.product_name AS product, p.category, s.units, s.revenue, s.returned
FROM sold AS s
JOIN raw_products AS p USING (product_id)
ORDER BY s.units DESC, product_id
