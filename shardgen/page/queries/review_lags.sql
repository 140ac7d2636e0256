-- review lags: days from delivery to review.
-- needs: orders 1, reviews 1; raw_data
WITH lags AS (
    SELECT extract(epoch FROM r.review_date - (o.raw_data ->> 'delivered_at')::timestamp) / 86400 AS days
    FROM raw_reviews AS r
    JOIN raw_orders AS o ON o.order_id = r.raw_data ->> 'order_id'
    WHERE r.review_date IS NOT NULL AND o.raw_data ? 'delivered_at'
), summary AS (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY days) AS median,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY days) AS ninth
    FROM lags
)
SELECT floor(days) AS days, count(*) AS reviews, median, ninth
FROM lags
CROSS JOIN summary
GROUP BY 1, 3, 4
ORDER BY 1
