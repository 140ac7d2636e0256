-- delivered: how many orders of sessions there are, and how many arrived.
-- needs: orders 1; raw_data
SELECT count(*) AS orders, count(*) FILTER (WHERE raw_data ? 'delivered_at') AS delivered
FROM raw_orders
WHERE raw_data ->> 'channel' = 'web'
