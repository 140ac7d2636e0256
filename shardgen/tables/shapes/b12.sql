-- B12: not everyone is a person: a few machines walk the catalogue at an even pace, fill no cart and never log in.
-- needs: sessions 20000, clickstream 200000; raw_data; events per session
WITH steps AS (
    SELECT session_id, event_type,
           extract(epoch FROM event_timestamp - lag(event_timestamp) OVER (PARTITION BY session_id ORDER BY event_timestamp)) AS gap
    FROM raw_clickstream
), paces AS (
    SELECT session_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) AS gap, stddev_pop(gap) / avg(gap) AS unevenness,
           bool_or(event_type = 'add_to_cart') AS filled
    FROM steps
    GROUP BY session_id
    HAVING count(*) >= 8
), visits AS (
    SELECT s.session_id, s.user_id, s.raw_data ->> 'device_fingerprint' AS machine,
           (s.raw_data ->> 'converted')::boolean AS bought, p.gap, p.unevenness, p.filled,
           coalesce(p.unevenness < 0.25, false) AS even
    FROM raw_sessions AS s
    LEFT JOIN paces AS p ON p.session_id = s.session_id
), machines AS (
    SELECT machine FROM visits GROUP BY machine HAVING count(*) FILTER (WHERE even) >= 3
), told AS MATERIALIZED (
    SELECT v.*, m.machine IS NOT NULL AS program
    FROM visits AS v
    LEFT JOIN machines AS m ON m.machine = v.machine
)
SELECT 'percent of browsing visits by machines that keep an even pace' AS name,
       100 * avg(program::integer) AS value, 2 AS low, 6 AS high
FROM told
WHERE NOT bought
UNION ALL
SELECT 'percent of these visits that fill a cart, log in or buy', 100 * avg((coalesce(filled, false) OR user_id IS NOT NULL OR bought)::integer), 0, 0
FROM told
WHERE program
UNION ALL
SELECT 'percent of other long visits at an even pace', 100 * avg(even::integer), 0, 0.1
FROM told
WHERE NOT program AND unevenness IS NOT NULL
UNION ALL
SELECT 'seconds from page to page of a person, over those of a program',
       (avg(gap) FILTER (WHERE NOT program) / avg(gap) FILTER (WHERE program))::numeric, 3, NULL
FROM told
WHERE gap IS NOT NULL
