-- payment states: orders and their amounts by what has become of the payment.
-- needs: orders 1; raw_data
SELECT raw_data ->> 'payment_status' AS state, count(*) AS orders, coalesce(sum(total_amount), 0) AS amount
FROM raw_orders
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT 20
