-- L17: status, payment and dates of an order agree with each other and with its age.
-- needs: orders; raw_data
WITH orders AS (
    SELECT o.order_id, o.order_date, o.status, o.raw_data ->> 'payment_status' AS payment_status,
           o.raw_data ? 'shipped_at' AS shipped, o.raw_data ? 'delivered_at' AS delivered,
           o.raw_data ? 'cancelled_at' AS cancelled, o.raw_data ? 'returned_at' AS came_back,
           i.quantity, i.returned_quantity, i.items_agree
    FROM raw_orders_versions AS o
    CROSS JOIN LATERAL (
        SELECT sum((item ->> 'quantity')::integer) AS quantity,
               sum((item ->> 'returned_quantity')::integer) AS returned_quantity,
               bool_and((item ->> 'returned_quantity')::integer BETWEEN 0 AND (item ->> 'quantity')::integer
                        AND (item ->> 'returned_quantity' = '0') = (item ->> 'return_reason' IS NULL)) AS items_agree
        FROM jsonb_array_elements(o.raw_data -> 'items') AS item
    ) AS i
)
SELECT 'status is unknown' AS law_part, order_id, status AS detail
FROM orders
WHERE status IS NULL
   OR status NOT IN ('pending', 'processing', 'shipped', 'delivered', 'cancelled', 'partially_returned', 'returned')
UNION ALL
SELECT 'status and dates disagree', order_id, status
FROM orders
WHERE (CASE status
           WHEN 'pending' THEN NOT (shipped OR delivered OR cancelled OR came_back)
           WHEN 'processing' THEN NOT (shipped OR delivered OR cancelled OR came_back)
           WHEN 'shipped' THEN shipped AND NOT (delivered OR cancelled OR came_back)
           WHEN 'delivered' THEN shipped AND delivered AND NOT (cancelled OR came_back)
           WHEN 'cancelled' THEN cancelled AND NOT (shipped OR delivered OR came_back)
           ELSE shipped AND delivered AND came_back AND NOT cancelled
       END) IS NOT TRUE
UNION ALL
SELECT 'status and returned units disagree', order_id, concat_ws(' ', status, returned_quantity, 'of', quantity)
FROM orders
WHERE (items_agree
       AND CASE status
           WHEN 'returned' THEN returned_quantity = quantity
           WHEN 'partially_returned' THEN returned_quantity > 0 AND returned_quantity < quantity
           ELSE returned_quantity = 0
       END) IS NOT TRUE
UNION ALL
SELECT 'status and payment disagree', order_id, concat_ws(' ', status, payment_status)
FROM orders
WHERE (CASE status
           WHEN 'pending' THEN payment_status IN ('pending', 'authorized')
           WHEN 'processing' THEN payment_status IN ('authorized', 'captured')
           WHEN 'shipped' THEN payment_status IN ('captured', 'charged_back')
           WHEN 'delivered' THEN payment_status IN ('captured', 'charged_back')
           WHEN 'cancelled' THEN payment_status IN ('voided', 'refunded')
           WHEN 'partially_returned' THEN payment_status = 'partially_refunded'
           WHEN 'returned' THEN payment_status = 'refunded'
       END) IS NOT TRUE
UNION ALL
SELECT 'still open after 31 days', order_id, concat_ws(' ', status, order_date)
FROM orders
WHERE order_date < %(end)s::timestamp - interval '31 days'
  AND order_id NOT IN (SELECT order_id FROM orders WHERE status IS NULL OR status NOT IN ('pending', 'processing', 'shipped'))
