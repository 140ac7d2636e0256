-- buyers by month: who orders for the first time, and who came back from a month before.
-- needs: orders 1
WITH months AS (
    SELECT month
    FROM generate_series(date_trunc('month', %(epoch)s::timestamp), %(end)s::timestamp - interval '1 day', interval '1 month')
        AS m (month)
), active AS (
    SELECT customer_id, date_trunc('month', order_date) AS month, count(*) AS orders
    FROM raw_orders
    WHERE customer_id IS NOT NULL
    GROUP BY 1, 2
), dated AS (
    SELECT month, orders, month = min(month) OVER (PARTITION BY customer_id) AS first FROM active
)
SELECT m.month, count(*) FILTER (WHERE d.first) AS new, count(*) FILTER (WHERE NOT d.first) AS back,
       coalesce(sum(d.orders) FILTER (WHERE d.first), 0) AS orders_of_new, coalesce(sum(d.orders) FILTER (WHERE NOT d.first), 0) AS orders_of_back
FROM months AS m
LEFT JOIN dated AS d ON d.month = m.month
GROUP BY 1
ORDER BY 1
