-- price changes: products whose price was changed in the window, and those that were discontinued in it, by category.
-- needs: products 1; raw_data
WITH told AS (
    SELECT category, (raw_data ->> 'launched_at')::timestamp AS launched, (raw_data ->> 'price_since')::timestamp AS priced,
           (raw_data ->> 'discontinued_at')::timestamp AS gone
    FROM raw_products
)
SELECT category, count(*) AS products, count(*) FILTER (WHERE priced > launched AND priced >= %(epoch)s::timestamp) AS changed,
       count(*) FILTER (WHERE gone >= %(epoch)s::timestamp) AS discontinued
FROM told
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT 30
