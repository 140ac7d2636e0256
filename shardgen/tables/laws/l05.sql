-- L5: customers register before they order or log in, are 18 to 95 years old whenever they do, and do nothing after they are erased.
-- needs: customers, orders, reviews, sessions
WITH people AS MATERIALIZED (
    SELECT customer_id, registration_date, date_of_birth, (raw_data ->> 'erased_at')::timestamp AS erased_at FROM raw_customers
), records AS (
    SELECT customer_id, (raw_data ->> 'erased_at')::timestamp AS erased_at,
           (email IS NOT NULL)::integer + (customer_name IS NOT NULL)::integer + (first_name IS NOT NULL)::integer
               + (last_name IS NOT NULL)::integer + (phone IS NOT NULL)::integer + (address IS NOT NULL)::integer
               + (date_of_birth IS NOT NULL)::integer + (gender IS NOT NULL)::integer AS personal,
           raw_data IS NOT NULL AS told
    FROM raw_customers_versions
), acts AS (
    SELECT 'order' AS kind, order_id AS row_id, customer_id, order_date AS at FROM raw_orders
    UNION ALL
    SELECT 'session', session_id, user_id, greatest(start_time, end_time) FROM raw_sessions WHERE user_id IS NOT NULL
    UNION ALL
    SELECT 'review', review_id, customer_id, review_date FROM raw_reviews
    UNION ALL
    SELECT 'review written anew', review_id, customer_id, (raw_data ->> 'edited_at')::timestamp
    FROM raw_reviews
    WHERE raw_data ->> 'edited_at' IS NOT NULL
    UNION ALL
    SELECT 'registration', customer_id, customer_id, registration_date FROM raw_customers
)
SELECT a.kind || ' before registration' AS law_part, a.row_id, a.at || ' but ' || c.registration_date AS detail
FROM acts AS a
JOIN people AS c USING (customer_id)
WHERE a.kind <> 'registration' AND a.at <= c.registration_date
UNION ALL
SELECT 'too young or too old at ' || a.kind, a.row_id, c.date_of_birth || ' at ' || a.at
FROM acts AS a
JOIN people AS c USING (customer_id)
WHERE c.date_of_birth IS NOT NULL
  AND (a.at >= c.date_of_birth + interval '18 years' AND a.at < c.date_of_birth + interval '96 years') IS NOT TRUE
UNION ALL
SELECT a.kind || ' after the erasure', a.row_id, a.at || ' but ' || c.erased_at
FROM acts AS a
JOIN people AS c USING (customer_id)
WHERE a.at >= c.erased_at
UNION ALL
SELECT CASE WHEN erased_at IS NULL THEN 'personal fields are missing' ELSE 'personal fields outlive the erasure' END,
       customer_id, personal || ' of 8'
FROM records
WHERE personal NOT IN (0, 8) OR told AND (personal = 0) <> (erased_at IS NOT NULL)
