-- L2: every customer, product, session, order and warehouse id that a row names exists.
-- needs: customers, products, orders, inventory, reviews, sessions, clickstream; raw_data
WITH order_items AS (
    SELECT o.order_id, i.item ->> 'product_id' AS product_id
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
), customers AS (
    SELECT 'order' AS named_by, order_id AS row_id, customer_id AS id, true AS required FROM raw_orders
    UNION ALL
    SELECT 'review', review_id, customer_id, true FROM raw_reviews
    UNION ALL
    SELECT 'session', session_id, user_id, false FROM raw_sessions
), products AS (
    SELECT 'order' AS named_by, order_id AS row_id, product_id AS id, true AS required FROM order_items
    UNION ALL
    SELECT 'movement', min(inventory_id)::text, product_id, true FROM raw_inventory GROUP BY product_id
    UNION ALL
    SELECT 'review', review_id, product_id, true FROM raw_reviews
    UNION ALL
    SELECT 'session', min(session_id), (regexp_match(raw_data ->> 'landing_page', 'PROD[0-9]+'))[1], false
    FROM raw_sessions GROUP BY 3
), orders AS (
    SELECT 'review' AS named_by, review_id AS row_id, raw_data ->> 'order_id' AS id, true AS required FROM raw_reviews
    UNION ALL
    SELECT 'movement', inventory_id::text, reference_number, true
    FROM raw_inventory WHERE movement_type IN ('OUT', 'RETURN')
), warehouses AS (
    SELECT 'order' AS named_by, order_id AS row_id, raw_data ->> 'warehouse_id' AS id, true AS required FROM raw_orders
    UNION ALL
    SELECT 'movement', min(inventory_id)::text, warehouse_id, true FROM raw_inventory GROUP BY warehouse_id
    UNION ALL
    SELECT 'movement', min(inventory_id)::text, raw_data ->> 'counterpart_warehouse_id', true
    FROM raw_inventory WHERE movement_type = 'TRANSFER' GROUP BY 3
), events AS (
    -- all that an event names, in one pass over them
    SELECT e.event_id::text AS row_id, e.session_id, s.session_id AS known_session, e.user_id,
           c.customer_id AS known_customer, e.raw_data ->> 'product_id' AS product_id, p.product_id AS known_product,
           e.raw_data ->> 'order_id' AS order_id, o.order_id AS known_order
    FROM raw_clickstream AS e
    LEFT JOIN raw_sessions AS s ON s.session_id = e.session_id
    LEFT JOIN raw_customers AS c ON c.customer_id = e.user_id
    LEFT JOIN raw_products AS p ON p.product_id = e.raw_data ->> 'product_id'
    LEFT JOIN raw_orders AS o ON o.order_id = e.raw_data ->> 'order_id'
    WHERE s.session_id IS NULL OR c.customer_id IS NULL AND e.user_id IS NOT NULL
       OR p.product_id IS NULL AND e.raw_data ? 'product_id' OR o.order_id IS NULL AND e.raw_data ? 'order_id'
), known_warehouses AS (
    SELECT 'WH' || lpad(n::text, greatest(3, length(n::text))::integer, '0') AS warehouse_id
    FROM generate_series(1, %(warehouses)s::integer) AS n
)
SELECT named_by || ' names an unknown customer' AS law_part, row_id, id
FROM customers AS c
WHERE (required OR id IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM raw_customers AS k WHERE k.customer_id = c.id)
UNION ALL
SELECT named_by || ' names an unknown product', row_id, id
FROM products AS p
WHERE (required OR id IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM raw_products AS k WHERE k.product_id = p.id)
UNION ALL
SELECT named_by || ' names an unknown session', row_id, id
FROM (SELECT 'order' AS named_by, order_id AS row_id, raw_data ->> 'session_id' AS id FROM raw_orders) AS o
WHERE id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM raw_sessions AS k WHERE k.session_id = o.id)
UNION ALL
SELECT named_by || ' names an unknown order', row_id, id
FROM orders AS o
WHERE (required OR id IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM raw_orders AS k WHERE k.order_id = o.id)
UNION ALL
SELECT named_by || ' names an unknown warehouse', row_id, id
FROM warehouses AS w
WHERE (required OR id IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM known_warehouses AS k WHERE k.warehouse_id = w.id)
UNION ALL
SELECT 'event names an unknown ' || n.what, e.row_id, n.id
FROM events AS e
CROSS JOIN LATERAL (VALUES
    ('session', coalesce(session_id, ''), known_session), ('customer', user_id, known_customer),
    ('product', product_id, known_product), ('order', order_id, known_order)
) AS n (what, id, known)
WHERE n.id IS NOT NULL AND n.known IS NULL
