-- L22: a record's versions are 1, 2, 3 and so on, each known later than the one before; only a review is ever deleted, at last.
-- needs: customers, products, orders, inventory, reviews, sessions, clickstream; raw_data; versions
WITH told AS (
    SELECT 'customer' AS kind, customer_id AS row_id, ingestion_timestamp, raw_data ->> 'version' AS version,
           raw_data ->> 'operation' AS operation
    FROM raw_customers_versions
    UNION ALL
    SELECT 'product', product_id, ingestion_timestamp, raw_data ->> 'version', raw_data ->> 'operation'
    FROM raw_products_versions
    UNION ALL
    SELECT 'order', order_id, ingestion_timestamp, raw_data ->> 'version', raw_data ->> 'operation'
    FROM raw_orders_versions
    UNION ALL
    SELECT 'review', review_id, ingestion_timestamp, raw_data ->> 'version', raw_data ->> 'operation'
    FROM raw_reviews_versions
), placed AS (
    SELECT kind, row_id, version, operation, ingestion_timestamp, row_number() OVER w AS place,
           lag(ingestion_timestamp) OVER w AS earlier, lead(version) OVER w AS following
    FROM told
    WINDOW w AS (PARTITION BY kind, row_id ORDER BY version::integer, ingestion_timestamp)
), once AS (
    SELECT 'movement' AS kind, inventory_id::text AS row_id, raw_data ->> 'version' AS version,
           raw_data ->> 'operation' AS operation
    FROM raw_inventory_versions
    UNION ALL
    SELECT 'session', session_id, raw_data ->> 'version', raw_data ->> 'operation' FROM raw_sessions_versions
    UNION ALL
    SELECT 'event', event_id::text, raw_data ->> 'version', raw_data ->> 'operation' FROM raw_clickstream_versions
)
SELECT kind || ': versions are not 1, 2, 3, ...' AS law_part, row_id, version AS detail
FROM placed
WHERE (version = place::text) IS NOT TRUE
UNION ALL
SELECT kind || ': version is not known later than the one before', row_id,
       concat_ws(' ', version, 'at', ingestion_timestamp, 'after', earlier)
FROM placed
WHERE ingestion_timestamp IS NULL OR ingestion_timestamp <= earlier
UNION ALL
SELECT kind || ': operation is not that of its place', row_id, concat_ws(' ', version, operation)
FROM placed
WHERE (CASE WHEN place = 1 THEN operation = 'insert'
            WHEN kind = 'review' AND following IS NULL THEN operation IN ('update', 'delete')
            ELSE operation = 'update' END) IS NOT TRUE
UNION ALL
SELECT kind || ': what happens once is no first version', row_id, concat_ws(' ', version, operation)
FROM once
WHERE (version = '1' AND operation = 'insert') IS NOT TRUE
UNION ALL
SELECT 'movement: what happens once has several versions', inventory_id::text, count(*)::text
FROM raw_inventory_versions GROUP BY inventory_id HAVING count(*) > 1
UNION ALL
SELECT 'session: what happens once has several versions', session_id, count(*)::text
FROM raw_sessions_versions GROUP BY session_id HAVING count(*) > 1
UNION ALL
SELECT 'event: what happens once has several versions', event_id::text, NULL
FROM (SELECT event_id, lag(event_id) OVER (ORDER BY event_id) AS previous FROM raw_clickstream_versions) AS e
WHERE event_id = previous
