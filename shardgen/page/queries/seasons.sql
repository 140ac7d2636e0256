-- seasons: mean orders a day by weekday (1 is Monday) and by month of the year; days without orders count.
-- needs: orders 1
WITH placed AS (
    SELECT order_date::date AS date, count(*) AS orders FROM raw_orders GROUP BY 1
), days AS (
    SELECT extract(isodow FROM day)::integer AS weekday, extract(month FROM day)::integer AS month,
           coalesce(orders, 0) AS orders
    FROM generate_series(%(epoch)s::timestamp, %(end)s::timestamp - interval '1 day', interval '1 day') AS day
    LEFT JOIN placed ON date = day::date
)
SELECT weekday, month, count(*) AS days, avg(orders) AS orders
FROM days
GROUP BY GROUPING SETS ((weekday), (month))
ORDER BY weekday, month
