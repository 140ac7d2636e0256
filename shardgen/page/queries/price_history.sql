-- price history: of the four products whose orders show the most prices, the days from which on each price was paid, and the last day.
-- needs: orders 1, products 1; raw_data
WITH paid AS (
    SELECT i.item ->> 'product_id' AS product_id, o.order_date::date AS day, min((i.item ->> 'unit_price')::numeric) AS price
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
    GROUP BY 1, 2
), chosen AS (
    SELECT product_id
    FROM paid
    GROUP BY product_id
    HAVING count(DISTINCT price) >= 2
    ORDER BY count(DISTINCT price) DESC, count(*) DESC, product_id
    LIMIT 4
), steps AS (
    SELECT product_id, day, price, lag(price) OVER w AS before, lead(day) OVER w AS next
    FROM paid
    JOIN chosen USING (product_id)
    WINDOW w AS (PARTITION BY product_id ORDER BY day)
)
SELECT product_id, p.product_name AS product, s.day, s.price
FROM steps AS s
JOIN raw_products AS p USING (product_id)
WHERE s.before IS NULL OR s.before <> s.price OR s.next IS NULL
ORDER BY product_id, s.day
