-- cohorts: buyers by the month of their first order and by the whole months in which they order, the last two years.
-- needs: orders 1
WITH active AS (
    SELECT DISTINCT customer_id, date_trunc('month', order_date) AS month
    FROM raw_orders
    WHERE customer_id IS NOT NULL
), dated AS (
    SELECT month, min(month) OVER (PARTITION BY customer_id) AS cohort FROM active
)
SELECT cohort,
       (12 * (extract(year FROM month) - extract(year FROM cohort)) + extract(month FROM month) - extract(month FROM cohort))::integer
           AS later,
       count(*) AS buyers
FROM dated
WHERE month + interval '1 month' <= %(end)s::timestamp
  AND cohort >= date_trunc('month', %(end)s::timestamp) - interval '24 months'
GROUP BY 1, 2
ORDER BY 1, 2
