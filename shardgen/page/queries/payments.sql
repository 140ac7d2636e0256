-- payments: orders by what they were paid with, how many needed more than one attempt, and how many were charged back.
-- needs: orders 1; raw_data
SELECT raw_data ->> 'payment_method' AS method, count(*) AS orders,
       count(*) FILTER (WHERE jsonb_array_length(raw_data -> 'payments') > 1) AS retried,
       count(*) FILTER (WHERE raw_data ? 'charged_back_at') AS charged_back,
       coalesce(sum(total_amount) FILTER (WHERE raw_data ? 'charged_back_at'), 0) AS lost
FROM raw_orders
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT 20
