-- devices: sessions by kind of device, and how many of them bought, where raw_data tells.
-- needs: sessions 1
SELECT device_type AS device, count(*) AS sessions, count(user_id) AS known,
       CASE WHEN count(raw_data) > 0 THEN count(*) FILTER (WHERE (raw_data ->> 'converted')::boolean) END AS bought
FROM raw_sessions
GROUP BY 1
ORDER BY 2 DESC, 1
