-- S2: sales grow, peak at the year's end and follow the week; visits follow the evening where the visitor lives.
-- needs: customers 1000, orders 10000, sessions 20000; 180 days
WITH days AS (
    SELECT day::date AS day, count(o.order_id) AS orders, extract(isodow FROM day) AS weekday,
           extract(month FROM day) IN (11, 12) AS peak, extract(month FROM day) AS month,
           extract(year FROM day) AS year
    FROM generate_series(%(epoch)s::timestamp, %(end)s::timestamp - interval '1 day', interval '1 day') AS day
    LEFT JOIN raw_orders AS o ON o.order_date >= day AND o.order_date < day + interval '1 day'
    GROUP BY day
), thirds AS (
    SELECT orders, ntile(3) OVER (ORDER BY day) AS third FROM days WHERE NOT peak
), week AS (
    SELECT avg(orders) AS orders FROM days GROUP BY weekday
), local AS (
    SELECT c.address ->> 'country_code' AS country,
           extract(hour FROM s.start_time AT TIME ZONE 'UTC' AT TIME ZONE (c.address ->> 'timezone')) AS hour,
           count(*) AS visits
    FROM raw_sessions AS s
    JOIN raw_customers AS c ON c.customer_id = s.user_id
    GROUP BY 1, 2
), peaks AS (
    SELECT DISTINCT ON (country) country, hour, sum(visits) OVER (PARTITION BY country) AS visits
    FROM local
    ORDER BY country, local.visits DESC
), hours AS (
    SELECT date_trunc('hour', start_time) AS hour, count(*) AS visits FROM raw_sessions GROUP BY 1
), spread AS (
    SELECT visits,
           avg(visits) OVER (PARTITION BY date_trunc('month', hour), extract(isodow FROM hour), extract(hour FROM hour))
               AS usual
    FROM hours
)
SELECT 'orders a day, last third of the window over the first' AS name,
       avg(orders) FILTER (WHERE third = 3) / nullif(avg(orders) FILTER (WHERE third = 1), 0) AS value,
       1.05 AS low, 2 AS high
FROM thirds
UNION ALL
SELECT 'orders a day, November and December over the rest',
       CASE WHEN count(*) FILTER (WHERE peak) >= 55
            THEN avg(orders) FILTER (WHERE peak) / nullif(avg(orders) FILTER (WHERE NOT peak), 0) END, 1.15, 2
FROM days
UNION ALL
SELECT 'orders on the best weekday over the worst', max(orders) / nullif(min(orders), 0), 1.05, 1.6
FROM week
UNION ALL
SELECT 'countries whose visits do not peak between 18 and 23 h local time',
       count(*) FILTER (WHERE hour NOT BETWEEN 18 AND 22), 0, 0
FROM peaks
WHERE visits >= 2000
UNION ALL
SELECT 'percent of visits between 2 and 6 h local time', 100.0 * sum(visits) FILTER (WHERE hour BETWEEN 2 AND 5) / sum(visits), 1, 10
FROM local
UNION ALL
SELECT 'variance of hourly visits over the mean (1: a mere Poisson process)',
       -- an hour of the week recurs 4.3 times a month: the sample's variance is too small by 1 - 1 / 4.3
       sum((visits - usual) ^ 2) / sum(usual) / (1 - 1 / 4.3), 1.5, NULL
FROM spread
