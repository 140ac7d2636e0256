-- B7: a purchase has a history: whoever buys came before and looked, on the same device, often before there was an account.
-- needs: customers 500, orders 5000, sessions 20000, clickstream 200000; raw_data; 60 days; orders per session
WITH visits AS MATERIALIZED (
    SELECT session_id, start_time, raw_data ->> 'visitor_id' AS visitor_id,
           split_part(split_part(raw_data ->> 'landing_page', '?', 1), '/', 6) AS landed_on
    FROM raw_sessions
), bought AS MATERIALIZED (
    SELECT o.order_id, o.customer_id, o.order_date, v.visitor_id, v.start_time, v.landed_on,
           i.item ->> 'product_id' AS product_id
    FROM raw_orders AS o
    JOIN visits AS v ON v.session_id = o.raw_data ->> 'session_id'
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
), earlier AS MATERIALIZED (
    SELECT b.order_id, b.product_id, b.start_time, v.session_id, v.start_time AS came
    FROM bought AS b
    JOIN visits AS v ON v.visitor_id = b.visitor_id AND v.start_time < b.start_time
), led AS (
    SELECT DISTINCT e.order_id
    FROM earlier AS e
    JOIN raw_clickstream AS c ON c.session_id = e.session_id
    WHERE c.event_type = 'product_view' AND c.raw_data ->> 'product_id' = e.product_id
      AND e.came >= e.start_time - interval '14 days'
), purchases AS (
    SELECT b.order_id, b.customer_id, b.order_date, max((b.product_id = b.landed_on)::integer) AS given_away,
           max((b.landed_on <> '')::integer) AS landed
    FROM bought AS b
    GROUP BY b.order_id, b.customer_id, b.order_date
), firsts AS (
    -- orders of those who registered for them, and whether the visitor had been there before there was a customer
    SELECT p.order_id, max(coalesce(e.came < c.registration_date, false)::integer) AS known
    FROM purchases AS p
    JOIN raw_customers AS c USING (customer_id)
    LEFT JOIN earlier AS e USING (order_id)
    WHERE p.order_date < c.registration_date + interval '2 hours'
      AND p.order_date >= %(epoch)s::timestamp + interval '14 days'
    GROUP BY p.order_id
)
SELECT 'percent of web orders after a visit of that visitor, within 14 days, that viewed one of the items' AS name,
       100 * avg((l.order_id IS NOT NULL)::integer) AS value, 50 AS low, 90 AS high
FROM purchases AS p
LEFT JOIN led AS l USING (order_id)
WHERE p.order_date >= %(epoch)s::timestamp + interval '14 days'
UNION ALL
SELECT 'percent of buying visits that land on a product and buy it', 100 * avg(given_away), 20, 40
FROM purchases
WHERE landed = 1
UNION ALL
SELECT 'percent of those who register with a web order whose visitor was there before', 100 * avg(known), 30, NULL
FROM firsts
