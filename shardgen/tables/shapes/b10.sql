-- B10: A/B tests: visitors are split in halves, a test that works shows it, and one that does nothing does not.
-- needs: sessions 200000; raw_data; 180 days; orders per session; orders per customer of a dense or sparse shop
-- Of the 2,000 buyers that a quarter then has, chance alone moves a lift by 4.5 percent of its base: a true one of 18 is
-- four standard errors. With a quarter of them it may well stay below three, or seem to be 60.
WITH visits AS MATERIALIZED (
    SELECT raw_data ->> 'visitor_id' AS visitor, raw_data -> 'experiments' AS experiments,
           (raw_data ->> 'converted')::boolean AS converted
    FROM raw_sessions
), visitors AS (
    -- most visits of a visitor saw the same tests: these are taken apart once
    SELECT visitor, experiments, bool_or(converted)::integer AS bought
    FROM visits
    GROUP BY visitor, experiments
), exposures AS (
    -- a visitor counts from the first visit on that a test ran in
    SELECT t.test ->> 'name' AS test, t.test ->> 'variant' = 'treatment' AS treated, v.visitor, max(v.bought) AS bought
    FROM visitors AS v
    CROSS JOIN LATERAL jsonb_array_elements(v.experiments) AS t (test)
    GROUP BY 1, 2, 3
), tests AS (
    SELECT test, count(*) FILTER (WHERE treated)::numeric AS n1, count(*) FILTER (WHERE NOT treated)::numeric AS n0,
           sum(bought) FILTER (WHERE treated)::numeric AS x1, sum(bought) FILTER (WHERE NOT treated)::numeric AS x0
    FROM exposures
    GROUP BY test
), scores AS (
    -- standard errors by which conversion, and by which the split, differ from what chance gives
    SELECT test, x1 / n1 / nullif(x0 / n0, 0) - 1 AS lift,
           (x1 / n1 - x0 / n0) / nullif(sqrt((x0 + x1) / (n0 + n1) * (1 - (x0 + x1) / (n0 + n1)) * (1 / n1 + 1 / n0)), 0) AS z,
           abs(n1 - n0) / sqrt(n1 + n0) AS split
    FROM tests
    WHERE x0 + x1 >= 100
)
SELECT 'standard errors of the clearest test' AS name, max(z)::numeric AS value, 3 AS low, NULL AS high FROM scores
UNION ALL
SELECT 'percent more of the treated who buy, in the clearest test', 100 * lift, 8, 60
FROM scores
WHERE z = (SELECT max(z) FROM scores)
UNION ALL
SELECT 'standard errors of the least clear test, whatever the sign', min(abs(z))::numeric, 0, 2 FROM scores
UNION ALL
SELECT 'standard errors of the least even split', max(split)::numeric, 0, 4 FROM scores
