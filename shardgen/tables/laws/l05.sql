-- L5: customers register before they order or log in, and are 18 to 95 years old whenever they do.
-- needs: customers, orders, sessions
WITH acts AS (
    SELECT 'order' AS kind, order_id AS row_id, customer_id, order_date AS at FROM raw_orders
    UNION ALL
    SELECT 'session', session_id, user_id, start_time FROM raw_sessions WHERE user_id IS NOT NULL
    UNION ALL
    SELECT 'registration', customer_id, customer_id, registration_date FROM raw_customers
)
SELECT a.kind || ' before registration' AS law_part, a.row_id, a.at || ' but ' || c.registration_date AS detail
FROM acts AS a
JOIN raw_customers AS c USING (customer_id)
WHERE a.kind <> 'registration' AND a.at <= c.registration_date
UNION ALL
SELECT 'too young or too old at ' || a.kind, a.row_id, c.date_of_birth || ' at ' || a.at
FROM acts AS a
JOIN raw_customers AS c USING (customer_id)
WHERE (a.at >= c.date_of_birth + interval '18 years' AND a.at < c.date_of_birth + interval '96 years') IS NOT TRUE
