-- popularity: the share of all units that the best-selling products have, percent by percent of all products.
-- needs: orders 1, products 1; raw_data
WITH sold AS (
    SELECT i.item ->> 'product_id' AS product_id, sum((i.item ->> 'quantity')::integer) AS units
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
    GROUP BY 1
), ranked AS (
    SELECT sum(coalesce(s.units, 0)) OVER upto AS units, sum(coalesce(s.units, 0)) OVER () AS total,
           row_number() OVER upto AS place, count(*) OVER () AS number
    FROM raw_products AS p
    LEFT JOIN sold AS s USING (product_id)
    WINDOW upto AS (ORDER BY coalesce(s.units, 0) DESC, product_id ROWS UNBOUNDED PRECEDING)
)
SELECT ceil(100.0 * place / number)::integer AS percent, max(100.0 * units / nullif(total, 0)) AS share
FROM ranked
GROUP BY 1
ORDER BY 1
