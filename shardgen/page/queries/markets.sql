-- markets: orders and revenue by the country that they are sent to.
-- needs: orders 1
SELECT shipping_address ->> 'country' AS country, count(*) AS orders,
       coalesce(sum(total_amount) FILTER (WHERE status <> 'cancelled'), 0) AS revenue
FROM raw_orders
GROUP BY 1
ORDER BY 3 DESC, 1
LIMIT 30
