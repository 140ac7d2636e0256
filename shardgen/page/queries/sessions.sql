-- sessions over time: how many began; an end that fills no whole step is left out.
-- needs: sessions 1
WITH steps AS (
    SELECT start
    FROM generate_series(%(epoch)s::timestamp, %(end)s::timestamp - %(step)s::interval, %(step)s::interval) AS s (start)
), begun AS (
    SELECT date_bin(%(step)s::interval, start_time, %(epoch)s::timestamp) AS start, count(*) AS sessions
    FROM raw_sessions
    GROUP BY 1
)
SELECT start, coalesce(sessions, 0) AS sessions,
       avg(coalesce(sessions, 0)) OVER (ORDER BY start ROWS BETWEEN 3 PRECEDING AND 3 FOLLOWING) AS sessions_mean
FROM steps
LEFT JOIN begun USING (start)
ORDER BY start
