-- L26: attempts to pay a web order lie between the start of its checkout and the order.
-- needs: orders, clickstream; raw_data; along session
WITH checkouts AS (
    SELECT session_id, min(event_timestamp) AS begun
    FROM raw_clickstream
    WHERE event_type = 'checkout_start'
    GROUP BY session_id
), attempts AS (
    SELECT o.order_id, o.order_date, o.raw_data ->> 'session_id' AS session_id,
           (a.attempt ->> 'attempted_at')::timestamp AS attempted_at
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'payments') AS a (attempt)
    WHERE o.raw_data ->> 'channel' = 'web'
)
SELECT 'attempt outside the checkout' AS law_part, a.order_id, concat_ws(' ', a.session_id, a.attempted_at) AS detail
FROM attempts AS a
LEFT JOIN checkouts AS c USING (session_id)
WHERE (a.attempted_at > c.begun AND a.attempted_at <= a.order_date) IS NOT TRUE
