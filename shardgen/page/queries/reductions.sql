-- reductions: what items brought, and how much of it under a promotion; an end that fills no whole step is left out.
-- needs: orders 1; raw_data
WITH steps AS (
    SELECT start
    FROM generate_series(%(epoch)s::timestamp, %(end)s::timestamp - %(step)s::interval, %(step)s::interval) AS s (start)
), lines AS (
    SELECT o.order_date, (i.item ->> 'promotion') IS NOT NULL AS promoted, (i.item ->> 'total_amount')::numeric AS amount
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
), sold AS (
    SELECT date_bin(%(step)s::interval, order_date, %(epoch)s::timestamp) AS start, sum(amount) AS revenue,
           sum(amount) FILTER (WHERE promoted) AS reduced
    FROM lines
    GROUP BY 1
), filled AS (
    SELECT start, coalesce(revenue, 0) AS revenue, coalesce(reduced, 0) AS reduced
    FROM steps
    LEFT JOIN sold USING (start)
)
SELECT start, revenue, reduced, coalesce(100 * reduced / nullif(revenue, 0), 0) AS share,
       coalesce(100 * sum(reduced) OVER around / nullif(sum(revenue) OVER around, 0), 0) AS share_mean
FROM filled
WINDOW around AS (ORDER BY start ROWS BETWEEN 3 PRECEDING AND 3 FOLLOWING)
ORDER BY start
