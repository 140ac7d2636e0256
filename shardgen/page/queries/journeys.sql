-- journeys: sessions by how often their visitor was there in the fourteen days before, and how many of them bought.
-- needs: sessions 1; raw_data
WITH visits AS (
    SELECT raw_data ->> 'visitor_id' AS visitor, start_time, (raw_data ->> 'converted')::boolean AS bought
    FROM raw_sessions
), counted AS (
    SELECT least(count(*) OVER w - 1, 8) AS earlier, bought
    FROM visits
    WHERE visitor IS NOT NULL
    WINDOW w AS (PARTITION BY visitor ORDER BY start_time RANGE BETWEEN interval '14 days' PRECEDING AND CURRENT ROW)
)
SELECT earlier, count(*) AS sessions, count(*) FILTER (WHERE bought) AS bought
FROM counted
GROUP BY 1
ORDER BY 1
