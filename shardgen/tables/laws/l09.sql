-- L9: no record is ingested before a fact that it tells.
-- needs: customers, products, orders, inventory, reviews, sessions, clickstream; raw_data
WITH known AS (
    SELECT 'customer' AS kind, customer_id AS row_id, ingestion_timestamp,
           greatest(registration_date, (raw_data ->> 'address_since')::timestamp, (raw_data ->> 'erased_at')::timestamp)
               AS at
    FROM raw_customers_versions
    UNION ALL
    SELECT 'product', product_id, ingestion_timestamp,
           greatest((raw_data ->> 'launched_at')::timestamp, (raw_data ->> 'price_since')::timestamp,
                    (raw_data ->> 'corrected_at')::timestamp, (raw_data ->> 'discontinued_at')::timestamp)
    FROM raw_products_versions
    UNION ALL
    SELECT 'order', order_id, ingestion_timestamp,
           greatest(order_date, (raw_data ->> 'shipped_at')::timestamp, (raw_data ->> 'delivered_at')::timestamp,
                    (raw_data ->> 'cancelled_at')::timestamp, (raw_data ->> 'returned_at')::timestamp,
                    (raw_data ->> 'charged_back_at')::timestamp)
    FROM raw_orders_versions
    UNION ALL
    SELECT 'movement', inventory_id::text, ingestion_timestamp, movement_date FROM raw_inventory_versions
    UNION ALL
    SELECT 'review', review_id, ingestion_timestamp, greatest(review_date, (raw_data ->> 'edited_at')::timestamp)
    FROM raw_reviews_versions
    UNION ALL
    -- votes are counted once a week
    SELECT 'helpful votes of a review', review_id, ingestion_timestamp, review_date + interval '7 days'
    FROM raw_reviews_versions WHERE helpful_count > 0
    UNION ALL
    SELECT 'session', session_id, ingestion_timestamp, greatest(start_time, end_time) FROM raw_sessions_versions
    UNION ALL
    SELECT 'event', event_id::text, ingestion_timestamp, event_timestamp FROM raw_clickstream_versions
)
SELECT kind || ' ingested before it was known' AS law_part, row_id, ingestion_timestamp, "at"
FROM known
WHERE (ingestion_timestamp >= "at") IS NOT TRUE
