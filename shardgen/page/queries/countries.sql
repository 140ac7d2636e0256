-- countries: sessions by the country that they come from.
-- needs: sessions 1
SELECT location ->> 'country' AS country, count(*) AS sessions
FROM raw_sessions
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT 30
