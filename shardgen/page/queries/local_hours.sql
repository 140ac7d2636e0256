-- local hours: sessions of known customers by weekday and hour on the clock where the customer lives.
-- needs: customers 1, sessions 1
WITH begun AS (
    SELECT s.start_time AT TIME ZONE 'UTC' AT TIME ZONE (c.address ->> 'timezone') AS start
    FROM raw_sessions AS s
    JOIN raw_customers AS c ON c.customer_id = s.user_id
)
SELECT extract(isodow FROM start)::integer AS weekday, extract(hour FROM start)::integer AS hour, count(*) AS sessions
FROM begun
WHERE start IS NOT NULL
GROUP BY 1, 2
ORDER BY 1, 2
