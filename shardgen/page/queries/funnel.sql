-- funnel: how many sessions came how far.
-- needs: clickstream 1
WITH visits AS (
    SELECT count(*) AS events, bool_or(event_type = 'product_view') AS viewed,
           bool_or(event_type = 'add_to_cart') AS filled, bool_or(event_type = 'checkout_start') AS checked_out,
           bool_or(event_type = 'purchase') AS bought
    FROM raw_clickstream
    GROUP BY session_id
)
SELECT count(*) AS sessions, count(*) FILTER (WHERE viewed) AS viewed, count(*) FILTER (WHERE filled) AS filled,
       count(*) FILTER (WHERE checked_out) AS checked_out, count(*) FILTER (WHERE bought) AS bought,
       count(*) FILTER (WHERE events = 1) AS bounced, coalesce(sum(events), 0) AS events
FROM visits
