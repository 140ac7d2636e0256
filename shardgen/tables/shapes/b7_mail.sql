-- B7: campaigns have a cause and a time: reminders of carts, silence and registrations, no mail unasked, URLs that agree.
-- needs: customers 500, orders 5000, sessions 20000, clickstream 200000; raw_data; 120 days
WITH visits AS MATERIALIZED (
    SELECT session_id, user_id, start_time, raw_data ->> 'visitor_id' AS visitor_id,
           raw_data ->> 'traffic_source' AS traffic_source, raw_data ->> 'medium' AS medium,
           raw_data ->> 'campaign' AS campaign, raw_data ->> 'landing_page' AS landing_page
    FROM raw_sessions
), owners AS (
    SELECT visitor_id, max(user_id) AS customer_id FROM visits WHERE user_id IS NOT NULL GROUP BY visitor_id
), owned AS MATERIALIZED (
    SELECT v.session_id, v.start_time, v.traffic_source, v.campaign, o.customer_id, c.registration_date,
           (c.raw_data ->> 'marketing_opt_in')::boolean AS welcome
    FROM visits AS v
    JOIN owners AS o USING (visitor_id)
    JOIN raw_customers AS c ON c.customer_id = o.customer_id
), carts AS (
    SELECT session_id
    FROM raw_clickstream
    WHERE event_type IN ('add_to_cart', 'remove_from_cart', 'purchase')
    GROUP BY session_id
    HAVING sum(CASE event_type WHEN 'add_to_cart' THEN 1 ELSE -1 END) > 0 AND NOT bool_or(event_type = 'purchase')
), left_behind AS MATERIALIZED (
    SELECT v.visitor_id, v.start_time FROM visits AS v JOIN carts USING (session_id)
), reminded AS (
    SELECT v.session_id, max((l.start_time IS NOT NULL)::integer) AS follows
    FROM visits AS v
    LEFT JOIN left_behind AS l
        ON l.visitor_id = v.visitor_id AND l.start_time < v.start_time AND l.start_time >= v.start_time - interval '7 days'
    WHERE v.campaign = 'cart_reminder' AND v.start_time >= %(epoch)s::timestamp + interval '7 days'
    GROUP BY v.session_id
), won AS (
    SELECT w.session_id, min((w.start_time >= w.registration_date + interval '90 days')::integer) AS known,
           max((o.order_id IS NOT NULL)::integer) AS bought
    FROM owned AS w
    LEFT JOIN raw_orders AS o
        ON o.customer_id = w.customer_id AND o.order_date < w.start_time AND o.order_date >= w.start_time - interval '90 days'
    WHERE w.campaign = 'win_back' AND w.start_time >= %(epoch)s::timestamp + interval '90 days'
    GROUP BY w.session_id
), spans AS (
    SELECT campaign, min(start_time) AS begins, max(start_time) AS ends, count(*) AS visits
    FROM visits
    WHERE medium IN ('cpc', 'paid_social', 'display', 'affiliate')
    GROUP BY campaign
), urls AS (
    SELECT campaign IS NOT NULL AS campaigned, strpos(landing_page, 'utm_') > 0 AS tagged,
           strpos(landing_page, '?utm_source=' || traffic_source || '&utm_medium=' || medium || '&utm_campaign=' || campaign) > 0
               AS agrees
    FROM visits
)
SELECT 'percent of visits by a cart reminder that follow a cart left behind within a week' AS name,
       100 * avg(follows) AS value, 80 AS low, 100 AS high
FROM reminded
UNION ALL
SELECT 'percent of visits by a win-back mail of those who have bought nothing for 90 days', 100 * avg(known * (1 - bought)), 80, 100
FROM won
UNION ALL
SELECT 'percent of visits by a welcome mail within two weeks of the registration',
       100 * avg((start_time BETWEEN registration_date AND registration_date + interval '15 days')::integer), 90, 100
FROM owned
WHERE campaign = 'welcome_series'
UNION ALL
SELECT 'percent of visits by mail of those who want none', 100 * avg((NOT welcome)::integer), 0, 6
FROM owned
WHERE traffic_source = 'email'
UNION ALL
SELECT 'percent of paid visits by a campaign of five weeks or less',
       100 * coalesce(sum(visits) FILTER (WHERE ends - begins <= interval '35 days'), 0) / sum(visits), 95, 100
FROM spans
UNION ALL
SELECT 'percent of visits by a campaign whose URL names its source, medium and campaign',
       100 * avg(coalesce(agrees, false)::integer) FILTER (WHERE campaigned), 100, 100
FROM urls
UNION ALL
SELECT 'percent of other visits whose URL names one', 100 * avg(tagged::integer) FILTER (WHERE NOT campaigned), 0, 0
FROM urls
