-- L7: ordered, shipped, delivered, returned or reviewed follow each other within their limits, inside the window.
-- needs: customers, products, orders, inventory, reviews, sessions, clickstream; raw_data
WITH orders AS (
    SELECT order_id, order_date, status, raw_data ->> 'channel' AS channel,
           (raw_data ->> 'shipped_at')::timestamp AS shipped_at,
           (raw_data ->> 'delivered_at')::timestamp AS delivered_at,
           (raw_data ->> 'cancelled_at')::timestamp AS cancelled_at,
           (raw_data ->> 'returned_at')::timestamp AS returned_at
    FROM raw_orders
), dated AS (
    SELECT 'registration' AS kind, customer_id AS row_id, registration_date AS at, true AS early FROM raw_customers
    UNION ALL
    SELECT 'launch', product_id, (raw_data ->> 'launched_at')::timestamp, true FROM raw_products
    UNION ALL
    SELECT 'order', order_id, order_date, false FROM orders
    UNION ALL
    SELECT 'shipping', order_id, shipped_at, false FROM orders WHERE shipped_at IS NOT NULL
    UNION ALL
    SELECT 'delivery', order_id, delivered_at, false FROM orders WHERE delivered_at IS NOT NULL
    UNION ALL
    SELECT 'cancellation', order_id, cancelled_at, false FROM orders WHERE cancelled_at IS NOT NULL
    UNION ALL
    SELECT 'return', order_id, returned_at, false FROM orders WHERE returned_at IS NOT NULL
    UNION ALL
    SELECT 'movement', inventory_id::text, movement_date, movement_type = 'IN' FROM raw_inventory
    UNION ALL
    SELECT 'review', review_id, review_date, false FROM raw_reviews
    UNION ALL
    SELECT 'session', session_id, start_time, false FROM raw_sessions
    UNION ALL
    SELECT 'session end', session_id, end_time, false FROM raw_sessions
    UNION ALL
    SELECT 'event', event_id::text, event_timestamp, false FROM raw_clickstream
), ingested AS (
    SELECT 'customer' AS kind, customer_id AS row_id, ingestion_timestamp AS at FROM raw_customers
    UNION ALL
    SELECT 'product', product_id, ingestion_timestamp FROM raw_products
    UNION ALL
    SELECT 'order', order_id, ingestion_timestamp FROM raw_orders
    UNION ALL
    SELECT 'movement', inventory_id::text, ingestion_timestamp FROM raw_inventory
    UNION ALL
    SELECT 'review', review_id, ingestion_timestamp FROM raw_reviews
    UNION ALL
    SELECT 'session', session_id, ingestion_timestamp FROM raw_sessions
    UNION ALL
    SELECT 'event', event_id::text, ingestion_timestamp FROM raw_clickstream
)
SELECT 'shipped not within 10 days after the order' AS law_part, order_id AS row_id, shipped_at AS at
FROM orders
WHERE shipped_at <= order_date OR shipped_at > order_date + interval '10 days'
UNION ALL
SELECT 'delivered not within 20 days after shipping', order_id, delivered_at
FROM orders
WHERE delivered_at IS NOT NULL
  AND (delivered_at > shipped_at AND delivered_at <= shipped_at + interval '20 days') IS NOT TRUE
UNION ALL
SELECT 'returned not within 30 days after delivery', order_id, returned_at
FROM orders
WHERE returned_at IS NOT NULL
  AND (returned_at > delivered_at AND returned_at <= delivered_at + interval '30 days') IS NOT TRUE
UNION ALL
SELECT 'reviewed not within 60 days after delivery', r.review_id, r.review_date
FROM raw_reviews AS r
LEFT JOIN orders AS o ON o.order_id = r.raw_data ->> 'order_id'
WHERE (r.review_date > o.delivered_at AND r.review_date <= o.delivered_at + interval '60 days') IS NOT TRUE
UNION ALL
SELECT 'store order not handed over within the hour', order_id, coalesce(delivered_at, order_date)
FROM orders
WHERE channel = 'store'
  AND (delivered_at IS NULL AND order_date < %(end)s::timestamp - interval '1 hour'
       OR delivered_at > order_date + interval '1 hour')
UNION ALL
SELECT 'cancelled order shipped', order_id, shipped_at
FROM orders
WHERE (status = 'cancelled' OR cancelled_at IS NOT NULL) AND (shipped_at IS NOT NULL OR delivered_at IS NOT NULL)
UNION ALL
SELECT 'cancelled before it was ordered', order_id, cancelled_at
FROM orders
WHERE cancelled_at <= order_date
UNION ALL
SELECT kind || ' at or after the end', row_id, "at"
FROM dated
WHERE "at" IS NULL OR "at" >= %(end)s::timestamp
UNION ALL
SELECT kind || ' before the epoch', row_id, "at"
FROM dated
WHERE "at" < %(epoch)s::timestamp AND NOT early
UNION ALL
SELECT 'stock-in before the epoch that opens no stock', m.inventory_id::text, m.movement_date
FROM raw_inventory AS m
JOIN raw_inventory AS earlier USING (product_id, warehouse_id)
WHERE m.movement_date < %(epoch)s::timestamp AND earlier.movement_date < m.movement_date
UNION ALL
SELECT kind || ' ingested more than a day after the end', row_id, "at"
FROM ingested
WHERE "at" >= %(end)s::timestamp + interval '1 day'
