-- programs: sessions of programs that say in their user agent that they are one, by user agent.
-- needs: sessions 1; raw_data
WITH told AS (
    SELECT raw_data ->> 'user_agent' AS agent FROM raw_sessions
)
SELECT agent, count(*) AS sessions
FROM told
WHERE agent ILIKE '%%bot%%' OR agent ILIKE '%%spider%%' OR agent ILIKE '%%headless%%'
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT 20
