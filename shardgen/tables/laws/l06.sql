-- L6: a product is launched before anything else mentions it, and not sold after it was discontinued.
-- needs: products, orders, inventory, reviews, sessions, clickstream; raw_data
WITH mentions AS (
    SELECT 'order' AS kind, o.order_id AS row_id, i.item ->> 'product_id' AS product_id, o.order_date AS at
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
    UNION ALL
    SELECT 'movement', min(inventory_id)::text, product_id, min(movement_date) FROM raw_inventory GROUP BY product_id
    UNION ALL
    SELECT 'review', review_id, product_id, review_date FROM raw_reviews
    UNION ALL
    SELECT 'event', min(event_id)::text, raw_data ->> 'product_id', min(event_timestamp)
    FROM raw_clickstream
    WHERE raw_data ? 'product_id'
    GROUP BY 3
    UNION ALL
    SELECT 'session', min(session_id), (regexp_match(raw_data ->> 'landing_page', 'PROD[0-9]+'))[1], min(start_time)
    FROM raw_sessions
    GROUP BY 3
)
SELECT m.kind || ' mentions a product before its launch' AS law_part, m.row_id, m.product_id,
       m.at || ' but ' || (p.raw_data ->> 'launched_at') AS detail
FROM mentions AS m
JOIN raw_products AS p USING (product_id)
WHERE (m.at > (p.raw_data ->> 'launched_at')::timestamp) IS NOT TRUE
UNION ALL
SELECT 'order of a discontinued product', m.row_id, m.product_id, m.at || ' but ' || (p.raw_data ->> 'discontinued_at')
FROM mentions AS m
JOIN raw_products AS p USING (product_id)
WHERE m.kind = 'order' AND m.at >= (p.raw_data ->> 'discontinued_at')::timestamp
UNION ALL
SELECT 'put right before the launch or after the end', product_id, product_id, raw_data ->> 'corrected_at'
FROM raw_products
WHERE (raw_data ->> 'corrected_at')::timestamp <= (raw_data ->> 'launched_at')::timestamp
   OR (raw_data ->> 'corrected_at')::timestamp >= (raw_data ->> 'discontinued_at')::timestamp
UNION ALL
SELECT 'another price after the end', product_id, product_id, raw_data ->> 'price_since'
FROM raw_products
WHERE (raw_data ->> 'price_since')::timestamp >= (raw_data ->> 'discontinued_at')::timestamp
