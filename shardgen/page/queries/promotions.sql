-- promotions: the sixty that reduced the most revenue: when they did, what was sold under each, and what was taken off.
-- needs: orders 1, products 1; raw_data
WITH lines AS (
    SELECT i.item ->> 'promotion' AS code, o.order_date::date AS day, p.category, p.brand,
           (i.item ->> 'quantity')::integer AS units, (i.item ->> 'total_amount')::numeric AS revenue,
           (i.item ->> 'discount_amount')::numeric AS discount
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
    JOIN raw_products AS p ON p.product_id = i.item ->> 'product_id'
    WHERE (i.item ->> 'promotion') IS NOT NULL
)
SELECT code, min(day) AS begins, max(day) AS ends, count(*) AS lines, sum(units) AS units, sum(revenue) AS revenue,
       sum(discount) AS discount, count(DISTINCT category) AS categories, count(DISTINCT brand) AS brands,
       min(category) AS category
FROM lines
GROUP BY 1
ORDER BY 6 DESC, 1
LIMIT 60
