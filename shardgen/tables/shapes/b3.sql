-- B3: prices change, and promotions sell: Black Friday stands out, most eligible lines are reduced, and units rise.
-- needs: products 2000, orders 20000; raw_data; 364 days
WITH lines AS MATERIALIZED (
    SELECT o.order_date::date AS day, p.category, p.brand, i.item ->> 'promotion' AS promotion,
           (i.item ->> 'quantity')::integer AS units, (i.item ->> 'total_amount')::numeric AS amount
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
    JOIN raw_products AS p ON p.product_id = i.item ->> 'product_id'
), days AS (
    SELECT day, avg((promotion IS NOT NULL)::integer) AS reduced, sum(units)::numeric AS units FROM lines GROUP BY day
), weeks AS (
    SELECT date_trunc('week', day) AS week, sum(amount) FILTER (WHERE promotion IS NOT NULL) / sum(amount) AS share
    FROM lines GROUP BY 1
), promotions AS (
    -- of a category: its lines are of one category and of many brands
    SELECT promotion, min(category) AS category, min(day) AS begins, max(day) AS ends
    FROM lines
    WHERE promotion IS NOT NULL
    GROUP BY promotion
    HAVING count(DISTINCT category) = 1 AND count(DISTINCT brand) >= 4 AND count(*) >= 10
), sold AS (
    SELECT category, day, sum(units)::numeric AS units FROM lines GROUP BY 1, 2
), beside AS (
    -- units of the category during the promotion, and what its share of the weeks around would make of those days
    SELECT sum(s.units) FILTER (WHERE s.day BETWEEN p.begins AND p.ends) AS during,
           sum(d.units) FILTER (WHERE s.day BETWEEN p.begins AND p.ends)
               * sum(s.units) FILTER (WHERE s.day NOT BETWEEN p.begins - 7 AND p.ends + 7)
               / sum(d.units) FILTER (WHERE s.day NOT BETWEEN p.begins - 7 AND p.ends + 7) AS usual
    FROM promotions AS p
    JOIN sold AS s ON s.category = p.category AND s.day BETWEEN p.begins - 28 AND p.ends + 28
    JOIN days AS d ON d.day = s.day
    GROUP BY p.promotion
)
SELECT 'percent of products whose price has changed in the window' AS name,
       100 * avg(((raw_data ->> 'price_since')::timestamp >= %(epoch)s::timestamp)::integer) AS value, 30 AS low, 70 AS high
FROM raw_products
WHERE (raw_data ->> 'launched_at')::timestamp < %(epoch)s::timestamp
UNION ALL
SELECT 'percent of products discontinued in the window',
       100 * avg(coalesce((raw_data ->> 'discontinued_at')::timestamp >= %(epoch)s::timestamp, false)::integer), 5, 15
FROM raw_products
UNION ALL
SELECT 'share of revenue that is reduced, in the best week over the median one',
       (max(share) / percentile_cont(0.5) WITHIN GROUP (ORDER BY share))::numeric, 3, NULL
FROM weeks
UNION ALL
SELECT 'percent of lines that are reduced, on days when everything is on offer', 100 * avg(reduced), 85, 95
FROM days
WHERE reduced > 0.5
UNION ALL
SELECT 'units of a category on offer, over what they would be', sum(during) / sum(usual), 1.3, 3
FROM beside
