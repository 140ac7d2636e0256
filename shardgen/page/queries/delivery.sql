-- delivery: half days from order to delivery, without what is handed over in a store.
-- needs: orders 1; raw_data
WITH lags AS (
    SELECT extract(epoch FROM (raw_data ->> 'delivered_at')::timestamp - order_date) / 86400 AS days
    FROM raw_orders
    WHERE raw_data ? 'delivered_at' AND raw_data ->> 'channel' <> 'store'
), summary AS (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY days) AS median,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY days) AS ninth
    FROM lags
)
SELECT floor(days * 2) / 2 AS days, count(*) AS orders, median, ninth
FROM lags
CROSS JOIN summary
GROUP BY 1, 3, 4
ORDER BY 1
