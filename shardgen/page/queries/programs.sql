-- programs: sessions of programs that say in their user agent that they are one, by user agent.
-- needs: sessions 1; raw_data
WITH agents AS (
    -- few, so that each is looked through once
    SELECT raw_data ->> 'user_agent' AS agent, count(*) AS sessions FROM raw_sessions GROUP BY 1
)
SELECT agent, sessions
FROM agents
WHERE agent ILIKE '%%bot%%' OR agent ILIKE '%%spider%%' OR agent ILIKE '%%headless%%'
ORDER BY sessions DESC, agent
LIMIT 20
