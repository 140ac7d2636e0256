-- channels: orders and revenue by where they were placed.
-- needs: orders 1; raw_data
SELECT raw_data ->> 'channel' AS channel, count(*) AS orders,
       coalesce(sum(total_amount) FILTER (WHERE status <> 'cancelled'), 0) AS revenue
FROM raw_orders
GROUP BY 1
ORDER BY 2 DESC, 1
