-- hours: sessions by weekday (1 is Monday) and hour, UTC.
-- needs: sessions 1
SELECT extract(isodow FROM start_time)::integer AS weekday, extract(hour FROM start_time)::integer AS hour, count(*) AS sessions
FROM raw_sessions
GROUP BY 1, 2
ORDER BY 1, 2
