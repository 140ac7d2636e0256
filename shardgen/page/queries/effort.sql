-- effort: seconds, rows and bytes of all shards of the runs, by table and phase.
-- needs: the ledger
SELECT s.target AS table, p.phase, sum(p.seconds::float) AS seconds
FROM shardgen_shards AS s
JOIN shardgen_targets AS t USING (target, generation)
CROSS JOIN LATERAL jsonb_each_text(s.phases) AS p (phase, seconds)
WHERE t.run = ANY (%(runs)s)
GROUP BY 1, 2
ORDER BY 1, 2
