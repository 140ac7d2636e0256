-- places: sessions by city, the two hundred largest.
-- needs: sessions 1
SELECT location ->> 'city' AS city, location ->> 'country' AS country, (location ->> 'latitude')::float AS latitude,
       (location ->> 'longitude')::float AS longitude, count(*) AS sessions
FROM raw_sessions
WHERE location ?& ARRAY['latitude', 'longitude']
GROUP BY 1, 2, 3, 4
ORDER BY 5 DESC, 1
LIMIT 200
