-- L21: a visitor is on one machine and in one variant of each test, and the tests of a day are those of everybody.
-- needs: sessions; raw_data
WITH visits AS MATERIALIZED (
    SELECT session_id, start_time::date AS day, raw_data ->> 'visitor_id' AS visitor_id,
           raw_data ->> 'device_fingerprint' AS machine, raw_data -> 'experiments' AS experiments
    FROM raw_sessions
), exposures AS MATERIALIZED (
    SELECT v.session_id, v.day, v.visitor_id, t.test ->> 'name' AS test, t.test ->> 'variant' AS variant
    FROM visits AS v
    CROSS JOIN LATERAL jsonb_array_elements(v.experiments) AS t (test)
)
SELECT 'visitor on several machines, or on none' AS law_part, min(session_id) AS session_id, visitor_id AS detail
FROM visits
GROUP BY visitor_id
HAVING count(DISTINCT machine) <> 1 OR count(machine) <> count(*)
UNION ALL
SELECT 'visitor in two variants of a test', min(session_id), concat_ws(' ', visitor_id, test)
FROM exposures
GROUP BY visitor_id, test
HAVING count(DISTINCT variant) > 1
UNION ALL
SELECT 'variant is unknown', session_id, concat_ws(' ', test, variant)
FROM exposures
WHERE (variant IN ('control', 'treatment')) IS NOT TRUE
UNION ALL
SELECT 'visit without a test that all others of the day are in', e.session_id, concat_ws(' ', e.day, e.tests, 'of', d.tests)
FROM (SELECT session_id, day, count(DISTINCT test) AS tests FROM exposures GROUP BY session_id, day) AS e
JOIN (SELECT day, count(DISTINCT test) AS tests FROM exposures GROUP BY day) AS d ON d.day = e.day
WHERE e.tests <> d.tests
