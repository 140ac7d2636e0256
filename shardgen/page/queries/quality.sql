-- quality: units that came back, by the mean stars of their products; products of fewer than five reviews are left out.
-- needs: orders 1, reviews 1; raw_data
WITH rated AS (
    SELECT product_id, avg(rating) AS stars FROM raw_reviews GROUP BY 1 HAVING count(*) >= 5
), sold AS (
    SELECT i.item ->> 'product_id' AS product_id, sum((i.item ->> 'quantity')::integer) AS units,
           sum((i.item ->> 'returned_quantity')::integer) AS returned
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
    WHERE o.raw_data ? 'delivered_at'
    GROUP BY 1
)
SELECT least(floor(stars * 2) / 2, 4.5)::float AS stars, count(*) AS products, sum(units) AS units, sum(returned) AS returned
FROM rated
JOIN sold USING (product_id)
GROUP BY 1
ORDER BY 1
