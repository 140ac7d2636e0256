-- L24: records only go forward: no status goes back, what has happened stays, each version has news, and none follows an erasure.
-- needs: customers, products, orders, reviews; raw_data; versions
WITH customers AS (
    SELECT customer_id, raw_data ->> 'version' AS version, (raw_data ->> 'address_since')::timestamp AS address_since,
           lag((raw_data ->> 'address_since')::timestamp) OVER w AS address_before,
           lag(raw_data ->> 'erased_at') OVER w AS erased_before
    FROM raw_customers_versions
    WINDOW w AS (PARTITION BY customer_id ORDER BY (raw_data ->> 'version')::integer)
), states AS (
    -- what a version tells beside what never changes
    SELECT 'product' AS kind, product_id AS row_id, (raw_data ->> 'version')::integer AS version,
           concat_ws(' ', price, raw_data ->> 'price_since', raw_data ->> 'corrected_at',
                     raw_data ->> 'discontinued_at') AS state
    FROM raw_products_versions
    UNION ALL
    SELECT 'order', order_id, (raw_data ->> 'version')::integer,
           concat_ws(' ', status, raw_data ->> 'payment_status', (raw_data -> 'shipments')::text,
                     raw_data ->> 'shipped_at', raw_data ->> 'delivered_at', raw_data ->> 'charged_back_at')
    FROM raw_orders_versions
    UNION ALL
    SELECT 'review', review_id, (raw_data ->> 'version')::integer,
           concat_ws(' ', helpful_count, raw_data ->> 'edited_at', raw_data ->> 'operation')
    FROM raw_reviews_versions
), told AS (
    SELECT kind, row_id, version, state, lag(state) OVER (PARTITION BY kind, row_id ORDER BY version) AS previous
    FROM states
), happened AS (
    SELECT 'product' AS kind, p.product_id AS row_id, (p.raw_data ->> 'version')::integer AS version, f.what, f.instant
    FROM raw_products_versions AS p
    CROSS JOIN LATERAL (VALUES ('corrected_at', p.raw_data ->> 'corrected_at'),
                               ('discontinued_at', p.raw_data ->> 'discontinued_at')) AS f (what, instant)
    UNION ALL
    SELECT 'order', o.order_id, (o.raw_data ->> 'version')::integer, f.what, f.instant
    FROM raw_orders_versions AS o
    CROSS JOIN LATERAL (VALUES ('shipped_at', o.raw_data ->> 'shipped_at'), ('delivered_at', o.raw_data ->> 'delivered_at'),
                               ('cancelled_at', o.raw_data ->> 'cancelled_at'), ('returned_at', o.raw_data ->> 'returned_at'),
                               ('charged_back_at', o.raw_data ->> 'charged_back_at')) AS f (what, instant)
    UNION ALL
    SELECT 'review', review_id, (raw_data ->> 'version')::integer, 'edited_at', raw_data ->> 'edited_at'
    FROM raw_reviews_versions
), kept AS (
    SELECT kind, row_id, version, what, instant, lag(instant) OVER (PARTITION BY kind, row_id, what ORDER BY version) AS before
    FROM happened
), orders AS (
    SELECT order_id, status, raw_data ->> 'payment_status' AS payment_status, lag(status) OVER w AS status_before,
           lag(raw_data ->> 'payment_status') OVER w AS payment_before
    FROM raw_orders_versions
    WINDOW w AS (PARTITION BY order_id ORDER BY (raw_data ->> 'version')::integer)
), statuses (before, after) AS (
    VALUES ('pending', '-pending-processing-shipped-cancelled-'), ('processing', '-processing-shipped-cancelled-'),
           ('shipped', '-shipped-delivered-'), ('delivered', '-delivered-partially_returned-returned-'),
           ('partially_returned', '-partially_returned-'), ('returned', '-returned-'), ('cancelled', '-cancelled-')
), payments (before, after) AS (
    VALUES ('pending', '-pending-authorized-captured-voided-'), ('authorized', '-authorized-captured-voided-refunded-'),
           ('captured', '-captured-refunded-partially_refunded-charged_back-'), ('voided', '-voided-'),
           ('refunded', '-refunded-'), ('partially_refunded', '-partially_refunded-'), ('charged_back', '-charged_back-')
), prices AS (
    SELECT product_id, (raw_data ->> 'price_since')::timestamp AS since,
           lag((raw_data ->> 'price_since')::timestamp) OVER (PARTITION BY product_id ORDER BY (raw_data ->> 'version')::integer)
               AS before
    FROM raw_products_versions
), written AS (
    SELECT review_id, helpful_count, concat_ws(' ', review_title, review_text) AS body, raw_data ->> 'operation' AS operation,
           lag(helpful_count) OVER w AS helpful_before, lag(concat_ws(' ', review_title, review_text)) OVER w AS body_before,
           lag(raw_data ->> 'edited_at') OVER w IS DISTINCT FROM (raw_data ->> 'edited_at') AS anew
    FROM raw_reviews_versions
    WINDOW w AS (PARTITION BY review_id ORDER BY (raw_data ->> 'version')::integer)
)
SELECT 'order: status goes back' AS law_part, o.order_id AS row_id, o.status || ' after ' || o.status_before AS detail
FROM orders AS o
LEFT JOIN statuses AS s ON s.before = o.status_before
WHERE o.status_before IS NOT NULL AND (strpos(s.after, '-' || o.status || '-') > 0) IS NOT TRUE
UNION ALL
SELECT 'order: payment goes back', o.order_id, o.payment_status || ' after ' || o.payment_before
FROM orders AS o
LEFT JOIN payments AS p ON p.before = o.payment_before
WHERE o.payment_before IS NOT NULL AND (strpos(p.after, '-' || o.payment_status || '-') > 0) IS NOT TRUE
UNION ALL
SELECT kind || ': ' || what || ' is another one, or forgotten', row_id, concat_ws(' ', instant, 'after', before)
FROM kept
WHERE before IS NOT NULL AND instant IS DISTINCT FROM before
UNION ALL
SELECT kind || ': version has no news', row_id, version::text
FROM told
WHERE state = previous
UNION ALL
SELECT 'product: price is older than the one before', product_id, since || ' after ' || before
FROM prices
WHERE before IS NOT NULL AND (since >= before) IS NOT TRUE
UNION ALL
SELECT 'review: votes are taken back', review_id, helpful_count || ' after ' || helpful_before
FROM written
WHERE helpful_before IS NOT NULL AND (helpful_count >= helpful_before) IS NOT TRUE
UNION ALL
SELECT 'review: words change without having been written anew', review_id, operation
FROM written
WHERE body_before IS NOT NULL AND NOT anew AND body <> body_before
UNION ALL
SELECT 'customer: address is older than the one before', customer_id, address_since || ' after ' || address_before
FROM customers
WHERE address_before IS NOT NULL AND erased_before IS NULL AND address_since < address_before
UNION ALL
SELECT 'customer: changed after the erasure', customer_id, version
FROM customers
WHERE erased_before IS NOT NULL
