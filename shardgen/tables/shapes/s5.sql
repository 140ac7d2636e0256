-- S5: most visits are mobile and logged in, and traffic sources and devices differ in how often they buy.
-- needs: sessions 20000; raw_data; orders per session; orders per customer
WITH visits AS (
    SELECT device_type, user_id, raw_data ->> 'traffic_source' AS traffic_source,
           (raw_data ->> 'converted')::boolean::integer AS converted
    FROM raw_sessions
), shares AS (
    SELECT 100.0 * count(*) FILTER (WHERE device_type = 'mobile') / count(*) AS mobile,
           100.0 * count(*) FILTER (WHERE device_type = 'desktop') / count(*) AS desktop,
           100.0 * count(*) FILTER (WHERE device_type = 'tablet') / count(*) AS tablet,
           100.0 * count(user_id) / count(*) AS logged_in
    FROM visits
), sources AS (
    SELECT avg(converted) AS rate FROM visits GROUP BY traffic_source HAVING count(*) >= 1000
), devices AS (
    SELECT avg(converted) AS rate FROM visits GROUP BY device_type HAVING count(*) >= 1000
)
SELECT s.*
FROM shares
CROSS JOIN LATERAL (VALUES
    ('percent of visits on mobiles', mobile, 50, 60), ('percent of visits on desktops', desktop, 35, 45),
    ('percent of visits on tablets', tablet, 3, 8), ('percent of visits that are logged in', logged_in, 54, 66)
) AS s (name, value, low, high)
UNION ALL
SELECT 'conversion of the best traffic source over the worst', max(rate) / nullif(min(rate), 0), 1.5, NULL
FROM sources
UNION ALL
SELECT 'conversion of the best kind of device over the worst', max(rate) / nullif(min(rate), 0), 1.1, NULL
FROM devices
