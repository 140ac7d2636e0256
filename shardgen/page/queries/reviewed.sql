-- reviewed: how many orders of sessions have a review of at least one item.
-- needs: orders 1, reviews 1; raw_data
SELECT count(*) AS reviewed
FROM raw_orders AS o
WHERE o.raw_data ->> 'channel' = 'web'
  AND o.order_id IN (SELECT r.raw_data ->> 'order_id' FROM raw_reviews AS r)
