-- S4: ratings are J-shaped and follow a quality that also drives returns; a few reviews get most of the helpful votes.
-- needs: orders 10000, reviews 10000; raw_data; 180 days
WITH ratings AS (
    SELECT 100.0 * count(*) FILTER (WHERE rating = 5) / count(*) AS five,
           100.0 * count(*) FILTER (WHERE rating = 4) / count(*) AS four,
           100.0 * count(*) FILTER (WHERE rating = 3) / count(*) AS three,
           100.0 * count(*) FILTER (WHERE rating = 2) / count(*) AS two,
           100.0 * count(*) FILTER (WHERE rating = 1) / count(*) AS one
    FROM raw_reviews
), rated AS (
    SELECT product_id, avg(rating) AS rating FROM raw_reviews GROUP BY product_id HAVING count(*) >= 8
), returned AS (
    SELECT i.item ->> 'product_id' AS product_id,
           sum((i.item ->> 'returned_quantity')::integer)::numeric / sum((i.item ->> 'quantity')::integer) AS share
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
    GROUP BY 1
    HAVING sum((i.item ->> 'quantity')::integer) >= 30
), votes AS (
    SELECT helpful_count, ntile(10) OVER (ORDER BY helpful_count DESC) AS tenth FROM raw_reviews
)
SELECT r.*
FROM ratings
CROSS JOIN LATERAL (VALUES
    ('percent of five stars', five, 40, 65),
    ('percent of five stars, less that of four', five - four, 5, NULL),
    ('percent of four stars, less that of one', four - one, 0, NULL),
    ('percent of one star, less that of three', one - three, 0, NULL),
    ('percent of three stars, less that of two', three - two, -1, NULL)
) AS r (name, value, low, high)
UNION ALL
SELECT 'correlation of a product''s stars and returns', CASE WHEN count(*) >= 50 THEN corr(rating, share) END, -1, -0.15
FROM rated
JOIN returned USING (product_id)
UNION ALL
SELECT 'percent of helpful votes for the top tenth of reviews',
       100.0 * sum(helpful_count) FILTER (WHERE tenth = 1) / nullif(sum(helpful_count), 0), 50, 95
FROM votes
