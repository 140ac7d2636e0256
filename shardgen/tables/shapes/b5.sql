-- B5: lines are plausible: nobody buys two laptops, quantities suit the kind, and order values have a sensible spread.
-- needs: products 2000, orders 40000; raw_data
-- There are 100 lines of laptops then: of half as many, two with two pieces are more than three percent.
WITH lines AS (
    SELECT p.subcategory, (i.item ->> 'quantity')::integer AS units, (i.item ->> 'unit_price')::numeric AS price,
           (i.item ->> 'total_amount')::numeric AS amount
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
    JOIN raw_products AS p ON p.product_id = i.item ->> 'product_id'
)
SELECT 'percent of lines of laptops with two or more' AS name, 100 * avg((units > 1)::integer) AS value, 0 AS low, 3 AS high
FROM lines WHERE subcategory = 'Laptops'
UNION ALL
SELECT 'percent of revenue from several pieces of things above 300',
       100 * coalesce(sum(amount) FILTER (WHERE units > 1 AND price > 300), 0) / sum(amount), 0, 4
FROM lines
UNION ALL
SELECT 'pieces of a line of coffee beans, over those of a line of boots',
       avg(units) FILTER (WHERE subcategory = 'Coffee Beans') / avg(units) FILTER (WHERE subcategory = 'Boots'), 1.3, 3
FROM lines
UNION ALL
SELECT 'mean order value', avg(total_amount), 90, 180 FROM raw_orders
UNION ALL
SELECT 'standard deviation of the log order value', stddev_samp(ln(total_amount)), 0.7, 1.1 FROM raw_orders WHERE total_amount > 0
