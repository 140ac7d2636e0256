-- B8: people take their time: how long depends on the page, gaps spread widely, no visit repeats another, none stops at a limit.
-- needs: clickstream 200000; events per session
WITH steps AS MATERIALIZED (
    SELECT session_id, event_timestamp, split_part(page_url, '?', 1) AS page,
           extract(epoch FROM lead(event_timestamp) OVER w - event_timestamp)::double precision AS gap,
           count(*) OVER (PARTITION BY session_id) AS events
    FROM raw_clickstream
    WINDOW w AS (PARTITION BY session_id ORDER BY event_timestamp)
), gaps AS (
    SELECT ln(gap) AS gap,
           CASE WHEN page LIKE '%%/c/%%/%%' THEN 'product' WHEN page LIKE '%%/c/%%' THEN 'category'
                ELSE page END AS page
    FROM steps
    WHERE gap > 0
), pages AS (
    SELECT exp(percentile_cont(0.5) WITHIN GROUP (ORDER BY gap)) AS median
    FROM gaps
    GROUP BY page
    HAVING count(*) >= 500
), clocks AS (
    SELECT s.session_id, string_agg(round(1e6 * gap / length)::bigint::text, ' ' ORDER BY event_timestamp) AS clock
    FROM steps AS s
    JOIN (SELECT session_id, sum(gap) AS length FROM steps WHERE events BETWEEN 8 AND 12 GROUP BY session_id) AS l
        ON l.session_id = s.session_id
    WHERE gap > 0
    GROUP BY s.session_id
), repeated AS (
    SELECT count(*) AS visits FROM clocks GROUP BY clock
), lengths AS (
    SELECT events, count(*)::numeric / events AS visits FROM steps GROUP BY events
), most AS (
    SELECT max(events) AS events FROM lengths
)
SELECT 'seconds on the slowest page, over those on the fastest one' AS name,
       (max(median) / min(median))::numeric AS value, 2 AS low, 6 AS high
FROM pages
UNION ALL
SELECT 'standard deviation of the logarithm of the seconds between events', stddev_samp(gap)::numeric, 1.1, 1.4
FROM gaps
UNION ALL
SELECT 'mean of these logarithms less their median, in standard deviations',
       ((avg(gap) - percentile_cont(0.5) WITHIN GROUP (ORDER BY gap)) / stddev_samp(gap))::numeric, -0.15, 0.15
FROM gaps
UNION ALL
SELECT 'percent of visits of 8 to 12 events that pass as another one did', 100 * coalesce(sum(visits) FILTER (WHERE visits > 1), 0) / sum(visits),
       0, 0.1
FROM repeated
UNION ALL
SELECT 'visits of the most events there are, over those of up to five events less',
       (sum(visits) FILTER (WHERE l.events = m.events) / avg(visits) FILTER (WHERE l.events BETWEEN m.events - 5 AND m.events - 1)), 0, 1.5
FROM lengths AS l, most AS m
