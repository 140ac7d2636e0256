-- S8: what goes together is bought together: companion subcategories meet in baskets more often than by chance.
-- needs: products 2000, orders 20000; raw_data
WITH held AS (
    SELECT DISTINCT o.order_id, p.subcategory
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
    JOIN raw_products AS p ON p.product_id = i.item ->> 'product_id'
), singles AS (
    SELECT subcategory, count(*)::numeric AS orders FROM held GROUP BY subcategory
), pairs AS (
    SELECT a.subcategory AS one, b.subcategory AS other, count(*)::numeric AS orders
    FROM held AS a
    JOIN held AS b ON b.order_id = a.order_id AND b.subcategory > a.subcategory
    GROUP BY 1, 2
), companions AS (
    SELECT DISTINCT least(one, other) AS one, greatest(one, other) AS other
    FROM (SELECT unnest(%(subcategories)s::text[]), unnest(%(companions)s::text[])) AS c (one, other)
), lifts AS (
    SELECT coalesce(p.orders, 0) * (SELECT count(DISTINCT order_id) FROM held) / (s.orders * t.orders) AS lift,
           c.one IS NOT NULL AS companions
    FROM singles AS s
    JOIN singles AS t ON t.subcategory > s.subcategory
    LEFT JOIN pairs AS p ON p.one = s.subcategory AND p.other = t.subcategory
    LEFT JOIN companions AS c ON c.one = s.subcategory AND c.other = t.subcategory
)
SELECT 'lift of companions, median' AS name, percentile_cont(0.5) WITHIN GROUP (ORDER BY lift::float8)::numeric AS value,
       1.5 AS low, NULL::numeric AS high
FROM lifts
WHERE companions
UNION ALL
SELECT 'percent of companions with a lift above 1', 100 * avg((lift > 1)::integer), 90, 100
FROM lifts
WHERE companions
UNION ALL
SELECT 'lift of all others, median', percentile_cont(0.5) WITHIN GROUP (ORDER BY lift::float8)::numeric, 0.2, 1.2
FROM lifts
WHERE NOT companions
