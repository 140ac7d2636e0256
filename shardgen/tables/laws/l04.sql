-- L4: a review is one buyer's only word on an item that was delivered; unverified ones come from resellers and stores.
-- needs: orders, reviews; raw_data
WITH items AS (
    SELECT o.order_id, o.customer_id, o.raw_data ->> 'channel' AS channel, i.item ->> 'product_id' AS product_id,
           (o.raw_data ->> 'delivered_at')::timestamp AS delivered_at
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
), reviewed AS (
    SELECT r.review_id, r.product_id, r.customer_id AS reviewer, r.review_date, r.verified_purchase,
           (r.raw_data ->> 'edited_at')::timestamp AS edited_at, r.ingestion_timestamp AS known_at,
           r.raw_data ->> 'order_id' AS order_id, i.customer_id AS buyer, i.channel, i.delivered_at
    FROM raw_reviews AS r
    LEFT JOIN items AS i ON i.order_id = r.raw_data ->> 'order_id' AND i.product_id = r.product_id
)
SELECT 'review of no delivered item of the customer' AS law_part, review_id AS row_id, order_id AS detail
FROM reviewed
WHERE (reviewer = buyer AND delivered_at < review_date) IS NOT TRUE
UNION ALL
SELECT 'item reviewed more than once', min(review_id), concat_ws(' ', order_id, product_id)
FROM reviewed GROUP BY order_id, product_id HAVING count(*) > 1
UNION ALL
SELECT 'written anew before it was written, or after two days', review_id, edited_at::text
FROM reviewed
WHERE edited_at <= review_date OR edited_at > review_date + interval '2 days'
UNION ALL
SELECT 'changed when its votes were counted no more', review_id, known_at::text
FROM reviewed
WHERE known_at > review_date + interval '26 weeks 1 hour'
UNION ALL
SELECT 'unverified purchase of another channel', review_id, channel
FROM reviewed
WHERE verified_purchase IS NULL OR NOT verified_purchase AND channel NOT IN ('marketplace', 'store')
UNION ALL
SELECT 'share of unverified purchases is not 8 percent', NULL, avg((NOT verified_purchase)::integer)::text
FROM reviewed
WHERE channel IN ('marketplace', 'store')
HAVING count(*) >= 2000 AND avg((NOT verified_purchase)::integer) NOT BETWEEN 0.05 AND 0.11
