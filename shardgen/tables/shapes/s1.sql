-- S1: a few products sell most units, and a few customers place most orders.
-- needs: products 2000, orders 20000; raw_data; orders per customer
WITH sold AS (
    SELECT i.item ->> 'product_id' AS product_id, sum((i.item ->> 'quantity')::integer) AS units
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
    GROUP BY 1
), products AS (
    SELECT coalesce(s.units, 0) AS units, ntile(5) OVER (ORDER BY coalesce(s.units, 0) DESC) AS fifth
    FROM raw_products AS p
    LEFT JOIN sold AS s USING (product_id)
), buyers AS (
    SELECT count(*) AS orders, ntile(5) OVER (ORDER BY count(*) DESC) AS fifth
    FROM raw_orders
    GROUP BY customer_id
)
SELECT 'percent of units sold by the top fifth of products' AS name,
       100.0 * sum(units) FILTER (WHERE fifth = 1) / sum(units) AS value, 60 AS low, 80 AS high
FROM products
UNION ALL
SELECT 'percent of orders placed by the top fifth of buyers', 100.0 * sum(orders) FILTER (WHERE fifth = 1) / sum(orders), 45, 72
FROM buyers
