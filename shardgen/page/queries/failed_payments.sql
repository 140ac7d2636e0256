-- failed payments: attempts that failed by the reason that was told.
-- needs: orders 1; raw_data
SELECT a.attempt ->> 'reason' AS reason, count(*) AS attempts
FROM raw_orders AS o
CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'payments') AS a (attempt)
WHERE (a.attempt ->> 'outcome') = 'failed'
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT 20
