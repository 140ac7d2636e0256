-- S10: an evening is an evening in January and in July, and stores and telephones keep the hours of the customer's clock.
-- needs: customers 1000, orders 10000; raw_data; 180 days
WITH local AS (
    -- hours of a day that begins at 5 h, so that a late evening and the night after it lie side by side
    SELECT c.address ->> 'country_code' AS country, o.raw_data ->> 'channel' AS channel, l.clock,
           extract(epoch FROM l.clock - interval '5 hours' - date_trunc('day', l.clock - interval '5 hours')) / 3600 AS hour
    FROM raw_orders AS o
    JOIN raw_customers AS c USING (customer_id)
    CROSS JOIN LATERAL (
        SELECT o.order_date AT TIME ZONE 'UTC' AT TIME ZONE (c.address ->> 'timezone') AS clock
    ) AS l
), halves AS (
    SELECT country, avg(hour) FILTER (WHERE extract(month FROM clock) IN (4, 5, 6, 7, 8, 9)) AS summer,
           avg(hour) FILTER (WHERE extract(month FROM clock) IN (11, 12, 1, 2)) AS winter,
           least(count(*) FILTER (WHERE extract(month FROM clock) IN (4, 5, 6, 7, 8, 9)),
                 count(*) FILTER (WHERE extract(month FROM clock) IN (11, 12, 1, 2))) AS orders
    FROM local
    WHERE channel IN ('web', 'app', 'marketplace')
    GROUP BY country
)
SELECT 'hours that orders of DE, GB or US are later by the clock in summer than in winter' AS name,
       max(summer - winter) FILTER (WHERE country IN ('DE', 'GB', 'US') AND orders >= 1000) AS value,
       -0.5 AS low, 0.5 AS high
FROM halves
UNION ALL
SELECT 'percent of store and telephone orders between 8 and 21 h by the customer''s clock',
       100.0 * avg((extract(hour FROM clock) BETWEEN 8 AND 20)::integer), 99, 100
FROM local
WHERE channel IN ('store', 'phone')
