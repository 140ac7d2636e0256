-- categories: units and revenue of items by the product's category.
-- needs: orders 1, products 1; raw_data
SELECT p.category, coalesce(sum((i.item ->> 'quantity')::integer), 0) AS units,
       coalesce(sum((i.item ->> 'total_amount')::numeric), 0) AS revenue
FROM raw_orders AS o
CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
JOIN raw_products AS p ON p.product_id = i.item ->> 'product_id'
WHERE o.status <> 'cancelled'
GROUP BY 1
ORDER BY 3 DESC, 1
LIMIT 30
