-- B2: customers have a taste: what they spend and what they buy again differ from one to the next.
-- needs: products 2000, orders 20000; raw_data; orders per customer of a dense or sparse shop
WITH bought AS MATERIALIZED (
    SELECT o.order_id, o.customer_id, p.product_id, p.subcategory
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
    JOIN raw_products AS p ON p.product_id = i.item ->> 'product_id'
), spending AS (
    SELECT avg(ln(total_amount)) AS mean, var_samp(ln(total_amount)) / count(*) AS chance
    FROM raw_orders
    WHERE total_amount > 0
    GROUP BY customer_id
    HAVING count(*) >= 3
), pairs AS (
    -- pairs of orders: all there are, and those of one customer
    SELECT (SELECT count(*)::numeric * (count(*) - 1) / 2 FROM raw_orders) AS all_pairs, sum(orders * (orders - 1) / 2) AS own_pairs
    FROM (SELECT count(*)::numeric AS orders FROM raw_orders GROUP BY customer_id) AS c
), things AS (
    SELECT 'product' AS what, product_id AS thing, customer_id, count(*)::numeric AS orders
    FROM bought GROUP BY 2, 3
    UNION ALL
    SELECT 'subcategory', subcategory, customer_id, count(DISTINCT order_id) FROM bought GROUP BY 2, 3
), shared AS (
    -- in how many pairs of orders is the same thing: of one customer's, and of all
    SELECT what, sum(orders * (orders - 1) / 2) AS own, sum(total * (total - 1) / 2) FILTER (WHERE first) AS every
    FROM (SELECT what, orders, sum(orders) OVER w AS total, row_number() OVER w = 1 AS first
          FROM things WINDOW w AS (PARTITION BY what, thing ORDER BY customer_id
                                   ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)) AS t
    GROUP BY what
)
SELECT 'variance of mean log order values, over that of customers who are all alike' AS name,
       (var_samp(mean) / avg(chance))::numeric AS value, 3 AS low, 8 AS high
FROM spending
UNION ALL
SELECT 'a product bought again, over what shuffled baskets would have', own / own_pairs / (every / all_pairs), 2, 4
FROM shared, pairs WHERE what = 'product'
UNION ALL
SELECT 'a subcategory bought again, over what shuffled baskets would have', own / own_pairs / (every / all_pairs), 1.05, 1.4
FROM shared, pairs WHERE what = 'subcategory'
