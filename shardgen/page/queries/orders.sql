-- orders over time: how many orders, and what they brought; an end that fills no whole step is left out.
-- needs: orders 1
WITH steps AS (
    SELECT start
    FROM generate_series(%(epoch)s::timestamp, %(end)s::timestamp - %(step)s::interval, %(step)s::interval) AS s (start)
), placed AS (
    SELECT date_bin(%(step)s::interval, order_date, %(epoch)s::timestamp) AS start, count(*) AS orders,
           sum(total_amount) FILTER (WHERE status <> 'cancelled') AS revenue
    FROM raw_orders
    GROUP BY 1
), filled AS (
    SELECT start, coalesce(orders, 0) AS orders, coalesce(revenue, 0) AS revenue
    FROM steps
    LEFT JOIN placed USING (start)
)
SELECT start, orders, revenue, avg(orders) OVER around AS orders_mean, avg(revenue) OVER around AS revenue_mean
FROM filled
WINDOW around AS (ORDER BY start ROWS BETWEEN 3 PRECEDING AND 3 FOLLOWING)
ORDER BY start
