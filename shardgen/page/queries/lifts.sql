-- lifts: units of a category while it is on offer, and what its share of the four weeks around would make of those days.
-- needs: orders 1, products 1; raw_data
WITH lines AS MATERIALIZED (
    SELECT o.order_date::date AS day, p.category, p.brand, i.item ->> 'promotion' AS code,
           (i.item ->> 'quantity')::integer AS units
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
    JOIN raw_products AS p ON p.product_id = i.item ->> 'product_id'
), promotions AS (
    -- of a category: its lines are of one category and of many brands
    SELECT code, min(category) AS category, min(day) AS begins, max(day) AS ends, count(*) AS lines
    FROM lines
    WHERE code IS NOT NULL
    GROUP BY code
    HAVING count(DISTINCT category) = 1 AND count(DISTINCT brand) >= 4 AND count(*) >= 10
    ORDER BY 5 DESC, 1
    LIMIT 60
), days AS (
    SELECT day, sum(units)::numeric AS units FROM lines GROUP BY day
), sold AS (
    SELECT category, day, sum(units)::numeric AS units FROM lines GROUP BY category, day
), beside AS (
    SELECT p.code, p.category, p.begins, p.ends, p.lines,
           sum(s.units) FILTER (WHERE s.day BETWEEN p.begins AND p.ends) AS units,
           sum(d.units) FILTER (WHERE s.day BETWEEN p.begins AND p.ends)
               * sum(s.units) FILTER (WHERE s.day NOT BETWEEN p.begins - 7 AND p.ends + 7)
               / nullif(sum(d.units) FILTER (WHERE s.day NOT BETWEEN p.begins - 7 AND p.ends + 7), 0) AS usual
    FROM promotions AS p
    JOIN sold AS s ON s.category = p.category AND s.day BETWEEN p.begins - 28 AND p.ends + 28
    JOIN days AS d ON d.day = s.day
    GROUP BY 1, 2, 3, 4, 5
)
SELECT code, category, begins, ends, units, usual
FROM beside
WHERE usual > 0
ORDER BY lines DESC, code
LIMIT 20
