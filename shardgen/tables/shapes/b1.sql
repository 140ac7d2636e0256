-- B1: many buy once, few for years: first-quarter buyers, second orders, gaps and returns the month after, in a dense shop.
-- needs: customers 10000, orders 50000; 364 days; orders per customer
-- The bands are those of the usual volumes and of larger ones. In a shop of half the size few people live at a time, and
-- whoever does stands in for the others: 48 percent are back in the month after, whatever the seed.
WITH numbered AS (
    SELECT customer_id, order_date, row_number() OVER w AS place,
           order_date - lag(order_date) OVER w AS gap
    FROM raw_orders
    WINDOW w AS (PARTITION BY customer_id ORDER BY order_date, order_id)
), buyers AS (
    SELECT customer_id, min(order_date) AS first_order, count(*) AS orders,
           min(gap) FILTER (WHERE place = 2) AS until_second,
           count(*) FILTER (WHERE order_date < %(epoch)s::timestamp + interval '52 weeks') AS in_a_year
    FROM numbered
    GROUP BY customer_id
), active AS (
    SELECT DISTINCT customer_id, date_trunc('month', order_date) AS month FROM raw_orders
), back AS (
    -- of the months that have one after them, how many buyers who came first in them were there in the next, too
    SELECT avg((a.customer_id IS NOT NULL)::integer) AS share
    FROM buyers AS b
    LEFT JOIN active AS a
        ON a.customer_id = b.customer_id AND a.month = date_trunc('month', b.first_order) + interval '1 month'
    WHERE date_trunc('month', b.first_order) + interval '2 months' <= %(end)s::timestamp
), joined AS (
    SELECT avg((b.first_order < c.registration_date + interval '2 hours')::integer) AS at_once
    FROM raw_customers AS c
    JOIN buyers AS b USING (customer_id)
    WHERE c.registration_date >= %(epoch)s::timestamp
), weeks AS (
    -- the hazard: of those who had not ordered again before, the share that does in a week; a rest would make it rise
    SELECT avg(coalesce(until_second < interval '2 weeks', false)::integer) / 2 AS soon,
           avg(coalesce(until_second < interval '6 weeks', false)::integer)
               FILTER (WHERE coalesce(until_second >= interval '2 weeks', true)) / 4 AS later
    FROM buyers
    WHERE first_order < %(end)s::timestamp - interval '6 weeks'
), ranked AS (
    SELECT orders, ntile(5) OVER (ORDER BY orders DESC) AS fifth FROM buyers
)
SELECT 'percent of first-quarter buyers with one order 39 weeks later' AS name,
       100 * avg((in_a_year = 1)::integer) AS value, 25 AS low, 45 AS high
FROM buyers
WHERE first_order < %(epoch)s::timestamp + interval '13 weeks'
UNION ALL
SELECT 'percent of buyers with a second order within 7 days',
       100 * avg(coalesce(until_second <= interval '7 days', false)::integer), 0, 20
FROM buyers
UNION ALL
SELECT 'percent of buyers who are back in the month after their first', 100 * share, 25, 45
FROM back
UNION ALL
SELECT 'percent of new buyers who registered within two hours before their first order', 100 * at_once, 50, NULL
FROM joined
UNION ALL
SELECT 'percent of customers who never order',
       100 - 100.0 * (SELECT count(*) FROM buyers) / count(*), 10, 60
FROM raw_customers
UNION ALL
SELECT 'hazard of a second order in weeks 3 to 6 over that of the first two', later / nullif(soon, 0), 0, 1.25
FROM weeks
UNION ALL
SELECT 'percent of orders placed by the top fifth of buyers', 100.0 * sum(orders) FILTER (WHERE fifth = 1) / sum(orders),
       45, 72
FROM ranked
