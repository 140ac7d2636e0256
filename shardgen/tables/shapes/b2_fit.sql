-- B2: what people buy fits them: their gender and age, the size that they have, the country that they live in.
-- needs: customers 5000, products 2000, orders 20000; raw_data
WITH bought AS MATERIALIZED (
    SELECT o.customer_id, o.order_date, o.shipping_address ->> 'country_code' AS country,
           p.subcategory, p.category, p.attributes
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
    JOIN raw_products AS p ON p.product_id = i.item ->> 'product_id'
), people AS (
    SELECT b.subcategory, b.category, c.gender,
           date_part('year', age(b.order_date, c.date_of_birth)) BETWEEN 29 AND 47 AS of_parents_age
    FROM bought AS b
    JOIN raw_customers AS c USING (customer_id)
    WHERE c.gender IN ('female', 'male') AND c.date_of_birth IS NOT NULL
), fits AS (
    SELECT subcategory, avg((attributes ->> CASE subcategory WHEN 'Chargers' THEN 'plug' ELSE 'layout' END = CASE subcategory
               WHEN 'Chargers' THEN CASE WHEN country IN ('US', 'CA', 'MX', 'JP') THEN 'Type A'
                                         WHEN country IN ('GB', 'IE') THEN 'Type G'
                                         WHEN country = 'AU' THEN 'Type I' ELSE 'Type C' END
               ELSE CASE WHEN country IN ('US', 'CA', 'AU', 'NL', 'PL') THEN 'US' WHEN country IN ('GB', 'IE') THEN 'UK'
                         WHEN country IN ('DE', 'AT') THEN 'German' WHEN country = 'FR' THEN 'French'
                         WHEN country IN ('ES', 'MX') THEN 'Spanish' WHEN country = 'IT' THEN 'Italian'
                         WHEN country = 'BR' THEN 'Portuguese' WHEN country = 'SE' THEN 'Nordic'
                         ELSE 'Japanese' END END)::integer) AS share
    FROM bought
    WHERE subcategory IN ('Chargers', 'Keyboards')
    GROUP BY subcategory
), shoes AS (
    SELECT customer_id, attributes ->> 'size' AS size, count(*)::numeric AS pairs
    FROM bought
    WHERE subcategory = 'Sneakers'
    GROUP BY 1, 2
), feet AS (
    SELECT sum(pairs * (pairs - 1)) AS same, sum(pairs) ^ 2 - sum(pairs) AS every FROM shoes GROUP BY customer_id
)
SELECT 'percent of dresses bought by women' AS name, 100 * avg((gender = 'female')::integer) AS value, 75 AS low, 95 AS high
FROM people WHERE subcategory = 'Dresses'
UNION ALL
SELECT 'percent of makeup bought by women', 100 * avg((gender = 'female')::integer), 75, 95
FROM people WHERE subcategory = 'Makeup'
UNION ALL
SELECT 'toys bought at the age of parents, over all that is bought at that age',
       avg(of_parents_age::integer) FILTER (WHERE category LIKE 'Toys%%') / avg(of_parents_age::integer), 1.2, 3
FROM people
UNION ALL
SELECT 'percent of chargers that fit the country shipped to', 100 * share, 95, 100
FROM fits WHERE subcategory = 'Chargers'
UNION ALL
SELECT 'percent of keyboards that fit the country shipped to', 100 * share, 95, 100
FROM fits WHERE subcategory = 'Keyboards'
UNION ALL
SELECT 'percent of pairs of sneakers of one customer that have the same size', 100 * sum(same) / nullif(sum(every), 0), 50, 100
FROM feet
