-- sales: the orders as a whole.
-- needs: orders 1
SELECT count(*) AS orders, count(DISTINCT customer_id) AS buyers, count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
       count(*) FILTER (WHERE status IN ('returned', 'partially_returned')) AS returned,
       count(*) FILTER (WHERE status IN ('delivered', 'returned', 'partially_returned')) AS delivered,
       coalesce(sum(total_amount) FILTER (WHERE status <> 'cancelled'), 0) AS revenue,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY total_amount) AS median
FROM raw_orders
