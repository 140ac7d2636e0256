-- S3: many bounce, fewer view, fill a cart, go to the checkout and buy; most carts are left behind.
-- needs: clickstream 200000; orders per session; events per session
WITH visits AS (
    SELECT session_id, count(*) AS events, bool_or(event_type = 'product_view') AS viewed,
           bool_or(event_type = 'add_to_cart') AS filled, bool_or(event_type = 'checkout_start') AS checked_out,
           bool_or(event_type = 'purchase') AS bought
    FROM raw_clickstream
    GROUP BY session_id
), funnel AS (
    SELECT count(*)::numeric AS visits, count(*) FILTER (WHERE events = 1) AS bounced,
           count(*) FILTER (WHERE viewed)::numeric AS viewed, count(*) FILTER (WHERE filled)::numeric AS filled,
           count(*) FILTER (WHERE checked_out)::numeric AS checked_out, count(*) FILTER (WHERE bought)::numeric AS bought,
           count(*) FILTER (WHERE filled AND NOT bought) AS abandoned
    FROM visits
)
SELECT f.*
FROM funnel
CROSS JOIN LATERAL (VALUES
    ('percent of visits that bounce', 100 * bounced / visits, 30, 50),
    ('percent of views that fill a cart', 100 * filled / nullif(viewed, 0), 5, 60),
    ('percent of carts that reach the checkout', 100 * checked_out / nullif(filled, 0), 20, 80),
    ('percent of checkouts that buy', 100 * bought / nullif(checked_out, 0), 30, 95),
    ('percent of visits that buy', 100 * bought / visits, 3, 6),
    ('percent of carts that are left behind', 100 * abandoned / nullif(filled, 0), 60, 80)
) AS f (name, value, low, high)
