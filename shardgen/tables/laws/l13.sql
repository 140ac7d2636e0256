-- L13: one visitor on one device makes a session, page by page; a visitor is one customer's, and not always logged in.
-- needs: sessions, clickstream; raw_data; along session, visitor
WITH arrivals (traffic_source, referrer) AS (
    -- what the first page of a visit carries as referrer; nothing is written as ''
    VALUES
        ('organic_search', 'https://search.example/'), ('organic_search', 'https://www.search.example/'),
        ('organic_search', 'https://m.search.example/'), ('organic_search', 'https://find.example/'),
        ('organic_search', 'https://lookup.example/web'), ('organic_search', 'https://privatesearch.example/'),
        ('paid_search', 'https://search.example/'), ('paid_search', 'https://www.search.example/'),
        ('paid_search', 'https://shopping.search.example/'), ('paid_search', 'https://find.example/'),
        ('paid_search', 'https://lookup.example/web'), ('social', 'https://social.example/feed'),
        ('social', 'https://l.social.example/'), ('social', 'https://m.social.example/'),
        ('social', 'https://pics.example/'), ('social', 'https://clips.example/watch'),
        ('social', 'https://boards.example/pins'), ('social', 'https://forum.example/t/recommendations'),
        ('paid_social', 'https://social.example/feed'), ('paid_social', 'https://l.social.example/'),
        ('paid_social', 'https://pics.example/stories'), ('paid_social', 'https://clips.example/for-you'),
        ('referral', 'https://blog.example/what-we-bought'), ('referral', 'https://magazine.example/gift-guide'),
        ('referral', 'https://tests.example/compared'), ('referral', 'https://news.example/consumer'),
        ('referral', 'https://partner.example/links'), ('affiliate', 'https://coupons.example/codes'),
        ('affiliate', 'https://cashback.example/out'), ('affiliate', 'https://compare.example/offers'),
        ('affiliate', 'https://deals.example/today'), ('affiliate', 'https://creator.example/picks'),
        ('display', 'https://ads.example/frame'), ('display', 'https://news.example/'),
        ('display', 'https://weather.example/today'), ('display', 'https://recipes.example/'),
        ('display', 'https://games.example/play'), ('direct', ''), ('email', ''), ('push', '')
), hashed AS (
    -- pages and devices as hashes: five million of them are put in order
    SELECT session_id, event_id, (raw_data ->> 'sequence_number')::integer AS sequence_number,
           hashtextextended(page_url, 0) AS page, hashtextextended(referrer, 0) AS referrer,
           hashtextextended(user_id, 0) AS who, jsonb_hash_extended(device_info, 0) AS device
    FROM raw_clickstream
), steps AS (
    SELECT session_id, event_id, referrer, who, device, row_number() OVER w AS place, lag(page) OVER w AS previous_page,
           lag(who) OVER w AS previous_who, lag(device) OVER w AS previous_device
    FROM hashed
    WINDOW w AS (PARTITION BY session_id ORDER BY sequence_number)
), firsts AS (
    SELECT session_id, event_id, user_id, page_url, coalesce(referrer, '') AS referrer, device_info
    FROM raw_clickstream
    WHERE (raw_data -> 'sequence_number') = '1'
), visits AS MATERIALIZED (
    SELECT session_id, user_id, device_type, browser, operating_system, is_mobile,
           raw_data ->> 'visitor_id' AS visitor_id, raw_data ->> 'traffic_source' AS traffic_source,
           raw_data ->> 'medium' AS medium, raw_data ->> 'landing_page' AS landing_page
    FROM raw_sessions
), visitors AS MATERIALIZED (
    SELECT visitor_id, min(session_id) AS session_id, min(user_id) AS user_id, count(DISTINCT user_id) AS customers,
           count(DISTINCT (device_type, browser, operating_system)) AS devices,
           count(*) FILTER (WHERE user_id IS NULL) AS logged_out, count(*) AS sessions
    FROM visits
    GROUP BY visitor_id
)
SELECT CASE WHEN device IS DISTINCT FROM previous_device THEN 'device changes within the session'
            WHEN who IS DISTINCT FROM previous_who THEN 'user changes within the session'
            ELSE 'referrer is not the previous page' END AS law_part, event_id::text AS row_id, session_id AS detail
FROM steps
WHERE place > 1 AND (device IS DISTINCT FROM previous_device OR who IS DISTINCT FROM previous_who
                     OR (referrer = previous_page) IS NOT TRUE)
UNION ALL
SELECT 'user of the events is not that of the session', f.event_id::text, s.session_id
FROM firsts AS f
JOIN visits AS s USING (session_id)
WHERE f.user_id IS DISTINCT FROM s.user_id
UNION ALL
SELECT 'first referrer is not what the traffic source sends', f.event_id::text, concat_ws(' ', traffic_source, f.referrer)
FROM firsts AS f
JOIN visits AS s USING (session_id)
WHERE NOT EXISTS (SELECT 1 FROM arrivals AS a WHERE a.traffic_source = s.traffic_source AND a.referrer = f.referrer)
UNION ALL
SELECT 'first page is not the landing page', f.event_id::text, f.page_url
FROM firsts AS f
JOIN visits AS s USING (session_id)
WHERE s.landing_page IS DISTINCT FROM f.page_url
UNION ALL
SELECT 'device of the events is not that of the session', f.event_id::text, s.session_id
FROM firsts AS f
JOIN visits AS s USING (session_id)
WHERE f.device_info ->> 'device_type' IS DISTINCT FROM s.device_type
   OR f.device_info ->> 'browser' IS DISTINCT FROM s.browser
   OR f.device_info ->> 'operating_system' IS DISTINCT FROM s.operating_system
   OR (f.device_info ->> 'is_mobile')::boolean IS DISTINCT FROM s.is_mobile
UNION ALL
SELECT 'session without visitor', session_id, NULL
FROM visits WHERE visitor_id IS NULL
UNION ALL
SELECT 'visitor belongs to several customers', session_id, visitor_id
FROM visitors WHERE customers > 1
UNION ALL
SELECT 'visitor has several devices', session_id, visitor_id
FROM visitors WHERE devices > 1
UNION ALL
SELECT 'customer has more than three devices', min(session_id), user_id
FROM visitors WHERE user_id IS NOT NULL GROUP BY user_id HAVING count(*) > 3
UNION ALL
SELECT 'known visitors are always logged in', min(session_id), sum(sessions) || ' sessions'
FROM visitors WHERE user_id IS NOT NULL HAVING sum(sessions) >= 2000 AND sum(logged_out) = 0
UNION ALL
SELECT 'traffic source of several media', min(session_id), traffic_source
FROM visits GROUP BY traffic_source HAVING count(DISTINCT medium) <> 1
