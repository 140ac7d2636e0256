-- L20: attempts to pay agree with the order: the last one came with it, failed ones before it, and card owners take back late.
-- needs: orders, sessions; raw_data
WITH paid AS (
    SELECT o.order_id, o.ingestion_timestamp AS known_at, o.order_date, o.status, o.total_amount, o.raw_data ->> 'session_id' AS session_id,
           o.raw_data ->> 'payment_method' AS payment_method, o.raw_data ->> 'payment_status' AS payment_status,
           (o.raw_data ->> 'charged_back_at')::timestamp AS charged_back_at, o.raw_data ? 'returned_at' AS came_back,
           coalesce(jsonb_array_length(o.raw_data -> 'payments'), 0) AS attempts, o.raw_data -> 'payments' AS payments
    FROM raw_orders_versions AS o
), attempts AS (
    SELECT p.order_id, p.known_at, p.order_date, p.session_id, p.payment_method, p.payment_status, p.total_amount,
           (a.attempt ->> 'attempted_at')::timestamp AS attempted_at, a.attempt ->> 'method' AS method,
           (a.attempt ->> 'amount')::numeric AS amount, a.attempt ->> 'outcome' AS outcome,
           a.attempt ->> 'reason' AS reason, a.attempt ->> 'card' AS card
    FROM paid AS p
    CROSS JOIN LATERAL jsonb_array_elements(p.payments) AS a (attempt)
), summed AS (
    SELECT order_id, known_at, count(*) AS attempts, count(DISTINCT attempted_at) AS instants, max(attempted_at) AS last,
           count(*) FILTER (WHERE outcome <> 'failed') AS not_failed
    FROM attempts
    GROUP BY order_id, known_at
)
SELECT 'order without an attempt to pay it' AS law_part, order_id, payment_status AS detail
FROM paid
WHERE attempts = 0
UNION ALL
SELECT 'not one last attempt, with the order', p.order_id, concat_ws(' ', s.attempts, 'attempts, the last one at', s.last)
FROM paid AS p
JOIN summed AS s ON s.order_id = p.order_id AND s.known_at = p.known_at
WHERE (s.last = p.order_date AND s.instants = s.attempts AND s.not_failed = 1) IS NOT TRUE
UNION ALL
SELECT 'attempt disagrees with its order', order_id, concat_ws(' ', method, amount, outcome, payment_status)
FROM attempts
WHERE (amount = total_amount
       AND CASE
           WHEN attempted_at < order_date THEN outcome = 'failed'
           ELSE method = payment_method AND outcome = CASE payment_status WHEN 'pending' THEN 'pending' ELSE 'succeeded' END
       END) IS NOT TRUE
UNION ALL
SELECT 'reason of what did not fail, or none of what did', order_id, concat_ws(' ', outcome, reason)
FROM attempts
WHERE (outcome = 'failed') <> (reason IS NOT NULL)
UNION ALL
SELECT 'card of another method, or none of a card', order_id, concat_ws(' ', method, card)
FROM attempts
WHERE (method IN ('credit_card', 'debit_card')) <> (card IS NOT NULL)
UNION ALL
SELECT 'attempt before the session began', a.order_id, s.session_id
FROM attempts AS a
JOIN raw_sessions AS s ON s.session_id = a.session_id
WHERE a.attempted_at <= s.start_time
UNION ALL
SELECT 'charged back without a time, or the other way round', order_id, concat_ws(' ', payment_status, charged_back_at)
FROM paid
WHERE (payment_status = 'charged_back') IS DISTINCT FROM (charged_back_at IS NOT NULL)
UNION ALL
SELECT 'charged back what is no card''s, was cancelled or sent back, or not after 20 to 90 days', order_id,
       concat_ws(' ', payment_method, status, charged_back_at)
FROM paid
WHERE charged_back_at IS NOT NULL
  AND (payment_method IN ('credit_card', 'debit_card') AND status IN ('shipped', 'delivered') AND NOT came_back
       AND charged_back_at BETWEEN order_date + interval '20 days' AND order_date + interval '90 days') IS NOT TRUE
