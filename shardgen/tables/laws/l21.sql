-- L21: a visitor is on one machine and in one variant of each test, and the tests of a day are those of everybody.
-- needs: sessions; raw_data
WITH visits AS MATERIALIZED (
    SELECT session_id, start_time::date AS day, raw_data ->> 'visitor_id' AS visitor_id,
           raw_data ->> 'device_fingerprint' AS machine, raw_data -> 'experiments' AS experiments
    FROM raw_sessions
), visitors AS MATERIALIZED (
    -- most visits of a visitor, and of a day, saw the same tests: these are taken apart once
    SELECT visitor_id, experiments, min(session_id) AS session_id, min(machine) AS machine, max(machine) AS other_machine,
           bool_and(machine IS NOT NULL) AS known
    FROM visits
    GROUP BY visitor_id, experiments
), exposures AS (
    SELECT v.session_id, v.visitor_id, t.test ->> 'name' AS test, t.test ->> 'variant' AS variant
    FROM visitors AS v
    CROSS JOIN LATERAL jsonb_array_elements(v.experiments) AS t (test)
), days AS (
    SELECT day, experiments, min(session_id) AS session_id FROM visits GROUP BY day, experiments
), daily AS MATERIALIZED (
    SELECT d.session_id, d.day, t.test ->> 'name' AS test, t.test ->> 'variant' AS variant
    FROM days AS d
    CROSS JOIN LATERAL jsonb_array_elements(d.experiments) AS t (test)
)
SELECT 'visitor on several machines, or on none' AS law_part, min(session_id) AS session_id, visitor_id AS detail
FROM visitors
GROUP BY visitor_id
HAVING (bool_and(known) AND min(machine) = max(other_machine)) IS NOT TRUE
UNION ALL
SELECT 'visitor in two variants of a test', min(session_id), concat_ws(' ', visitor_id, test)
FROM exposures
GROUP BY visitor_id, test
HAVING min(variant) <> max(variant)
UNION ALL
SELECT 'variant is unknown', session_id, concat_ws(' ', test, variant)
FROM daily
WHERE (variant IN ('control', 'treatment')) IS NOT TRUE
UNION ALL
SELECT 'visits without a test that all others of the day are in', e.session_id, concat_ws(' ', e.day, e.tests, 'of', d.tests)
FROM (SELECT session_id, day, count(DISTINCT test) AS tests FROM daily GROUP BY session_id, day) AS e
JOIN (SELECT day, count(DISTINCT test) AS tests FROM daily GROUP BY day) AS d ON d.day = e.day
WHERE e.tests <> d.tests
