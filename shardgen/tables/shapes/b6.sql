-- B6: ratings know what happened: late parcels and what was sent back are rated lower, good products sell, some send all back.
-- needs: orders 20000, reviews 10000; raw_data; 180 days
WITH lines AS MATERIALIZED (
    SELECT o.order_id, o.customer_id, o.order_date, i.item ->> 'product_id' AS product_id,
           (o.raw_data ->> 'delivered_at')::timestamp AS delivered_at,
           (i.item ->> 'quantity')::integer AS units, (i.item ->> 'returned_quantity')::integer AS returned
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
), rated AS MATERIALIZED (
    SELECT r.product_id, r.rating, l.returned > 0 AS sent_back, l.delivered_at > l.order_date + interval '7 days' AS late
    FROM raw_reviews AS r
    JOIN lines AS l ON l.order_id = r.raw_data ->> 'order_id' AND l.product_id = r.product_id
), stars AS (
    SELECT product_id, avg(rating) AS rating FROM rated GROUP BY product_id HAVING count(*) >= 5
), sold AS (
    SELECT product_id, sum(units) AS units FROM lines GROUP BY product_id
), habits AS (
    SELECT count(*)::numeric AS lines, sum((returned > 0)::integer)::numeric AS returned
    FROM lines
    WHERE delivered_at < %(end)s::timestamp - interval '30 days'
    GROUP BY customer_id
    HAVING count(*) >= 15  -- a habit shows in many lines: few customers of a sparse shop have more
), mean AS (
    SELECT sum(returned) / sum(lines) AS share FROM habits
)
SELECT 'stars that a delivery after more than seven days costs' AS name,
       avg(rating) FILTER (WHERE NOT late) - avg(rating) FILTER (WHERE late) AS value, 0.7 AS low, 1.6 AS high
FROM rated
WHERE NOT sent_back
UNION ALL
SELECT 'percent of what was sent back that has five stars', 100 * avg((rating = 5)::integer) FILTER (WHERE sent_back), 0, 3
FROM rated
UNION ALL
SELECT 'correlation of stars and units sold, of products with five reviews or more',
       corr(s.rating, ln(u.units))::numeric, 0.05, 0.7
FROM stars AS s
JOIN sold AS u USING (product_id)
UNION ALL
SELECT 'variance of customers'' return rates, over that of customers who are all alike',
       sum((h.returned - h.lines * m.share) ^ 2) / nullif(sum(h.lines * m.share * (1 - m.share)), 0), 2, NULL
FROM habits AS h, mean AS m
