-- sources: sessions by what brought them, and how many of them bought.
-- needs: sessions 1; raw_data
SELECT raw_data ->> 'traffic_source' AS source, count(*) AS sessions,
       count(*) FILTER (WHERE (raw_data ->> 'converted')::boolean) AS bought
FROM raw_sessions
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT 20
