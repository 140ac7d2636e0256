-- S7: a first order follows soon after registration, then activity decays: cohorts retain less month by month.
-- needs: customers 10000, orders 10000; 180 days; orders per customer
-- The third month and the fourth are nearly alike, 1.00 to 1.01 on average. Chance moves that by 0.01 with 10,000
-- customers and by 0.022 with half of them, which is too much for the band.
WITH joined AS (
    SELECT customer_id, registration_date FROM raw_customers WHERE registration_date >= %(epoch)s::timestamp
), firsts AS (
    SELECT extract(epoch FROM min(o.order_date) - j.registration_date) / 86400 AS days
    FROM joined AS j
    JOIN raw_orders AS o USING (customer_id)
    WHERE j.registration_date < %(end)s::timestamp - interval '90 days'
    GROUP BY j.customer_id, j.registration_date
), cohort AS (
    -- whoever can be watched for 120 days
    SELECT customer_id, registration_date
    FROM joined
    WHERE registration_date < %(end)s::timestamp - interval '120 days'
), active AS (
    SELECT floor(extract(epoch FROM o.order_date - c.registration_date) / (30 * 86400)) AS month,
           count(DISTINCT c.customer_id)::numeric AS customers
    FROM cohort AS c
    JOIN raw_orders AS o USING (customer_id)
    WHERE o.order_date < c.registration_date + interval '120 days'
    GROUP BY 1
), retained AS (
    SELECT month, customers, lag(customers) OVER (ORDER BY month) AS before FROM active
)
SELECT 'days from registration to the first order, median' AS name,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY days)::numeric AS value, 0 AS low, 30 AS high
FROM firsts
UNION ALL
SELECT 'active customers in the second month over the first', max(customers / before) FILTER (WHERE month = 1), 0.3, 0.95
FROM retained
UNION ALL
SELECT 'active customers in a month over the month before, at most', max(customers / before), 0.3, 1.03
FROM retained
UNION ALL
SELECT 'percent of the cohort that is active in the fourth month',
       100 * max(customers) FILTER (WHERE month = 3) / (SELECT count(*) FROM cohort), 5, 70
FROM retained
