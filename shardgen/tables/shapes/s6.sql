-- S6: customers come from many countries, some more than others; prices are log-normal; baskets and totals plausible.
-- needs: customers 1000, products 2000, orders 2000; raw_data
WITH countries AS (
    SELECT address ->> 'country_code' AS country, count(*) AS customers FROM raw_customers GROUP BY 1
), logs AS (
    SELECT subcategory, ln(price) AS log, avg(ln(price)) OVER w AS mean, stddev_pop(ln(price)) OVER w AS sigma
    FROM raw_products
    WHERE price > 0
    WINDOW w AS (PARTITION BY subcategory)
), skews AS (
    SELECT avg(((log - mean) / nullif(sigma, 0)) ^ 3) AS skew, max(sigma) AS sigma
    FROM logs
    GROUP BY subcategory
    HAVING count(*) >= 20
), baskets AS (
    SELECT jsonb_array_length(raw_data -> 'items') AS items, total_amount FROM raw_orders
)
SELECT 'countries' AS name, count(*)::numeric AS value, 8 AS low, NULL::numeric AS high
FROM countries
UNION ALL
SELECT 'percent of customers in the largest country', 100.0 * max(customers) / sum(customers), 20, 50
FROM countries
UNION ALL
SELECT 'skew of the log price, median over the subcategories',
       percentile_cont(0.5) WITHIN GROUP (ORDER BY skew)::numeric, -0.4, 0.4
FROM skews
UNION ALL
SELECT 'sigma of the log price, median over the subcategories',
       percentile_cont(0.5) WITHIN GROUP (ORDER BY sigma)::numeric, 0.2, 1
FROM skews
UNION ALL
SELECT 'items in an order', avg(items), 2.6, 3.2
FROM baskets
UNION ALL
SELECT 'median order value', percentile_cont(0.5) WITHIN GROUP (ORDER BY total_amount::float8)::numeric, 50, 500
FROM baskets
UNION ALL
SELECT 'order value, 99th percentile over the median',
       (percentile_cont(0.99) WITHIN GROUP (ORDER BY total_amount::float8)
        / nullif(percentile_cont(0.5) WITHIN GROUP (ORDER BY total_amount::float8), 0))::numeric, 3, 50
FROM baskets
