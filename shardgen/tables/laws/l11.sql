-- L11: web orders, buying sessions and purchase events are the same story, told once by each.
-- needs: orders, sessions, clickstream; raw_data; along session
WITH orders AS (
    SELECT order_id, customer_id, order_date, raw_data ->> 'channel' AS channel, raw_data ->> 'session_id' AS session_id
    FROM raw_orders
), purchases AS MATERIALIZED (
    SELECT event_id, session_id, user_id, event_timestamp, raw_data ->> 'order_id' AS order_id
    FROM raw_clickstream
    WHERE event_type = 'purchase'
), told AS (
    SELECT o.order_id, o.customer_id, o.order_date, s.session_id, s.user_id,
           count(p.event_id) AS purchases,
           bool_and(p.order_id = o.order_id AND p.user_id = o.customer_id
                    AND p.event_timestamp = o.order_date) AS agrees
    FROM orders AS o
    LEFT JOIN raw_sessions AS s ON s.session_id = o.session_id
    LEFT JOIN purchases AS p ON p.session_id = o.session_id
    WHERE o.channel = 'web'
    GROUP BY o.order_id, o.customer_id, o.order_date, s.session_id, s.user_id
)
SELECT 'web order without its session' AS law_part, order_id AS row_id, session_id AS detail
FROM told WHERE session_id IS NULL
UNION ALL
SELECT 'order of another channel, or none, has a session', order_id, channel
FROM orders
WHERE channel IS NULL OR channel NOT IN ('web', 'app', 'marketplace', 'store', 'phone')
   OR channel <> 'web' AND session_id IS NOT NULL
UNION ALL
SELECT 'session of several orders', min(order_id), session_id
FROM orders WHERE session_id IS NOT NULL GROUP BY session_id HAVING count(*) > 1
UNION ALL
SELECT 'session has not exactly one purchase', order_id, session_id || ': ' || purchases
FROM told WHERE session_id IS NOT NULL AND purchases <> 1
UNION ALL
SELECT 'session of another customer', order_id, session_id
FROM told WHERE session_id IS NOT NULL AND (user_id = customer_id) IS NOT TRUE
UNION ALL
SELECT 'purchase of another customer, order or time', order_id, session_id
FROM told WHERE purchases > 0 AND agrees IS NOT TRUE
UNION ALL
SELECT 'purchase without its web order', p.event_id::text, p.session_id
FROM purchases AS p
WHERE NOT EXISTS (SELECT 1 FROM orders AS o
                  WHERE o.channel = 'web' AND o.order_id = p.order_id AND o.session_id = p.session_id)
UNION ALL
SELECT 'converted does not say whether the session bought', s.session_id, s.raw_data ->> 'converted'
FROM raw_sessions AS s
LEFT JOIN (SELECT DISTINCT session_id FROM orders WHERE channel = 'web') AS o USING (session_id)
WHERE ((s.raw_data ->> 'converted')::boolean = (o.session_id IS NOT NULL)) IS NOT TRUE
