-- shards: those that the runs committed last: who wrote them, from when to when, and how the time split.
-- needs: the ledger
SELECT s.run, s.target AS table, s.shard, s.rows, s.bytes, s.seconds, s.phases, s.attempts, s.host, s.pid,
       extract(epoch FROM s.committed) AS ended
FROM shardgen_shards AS s
JOIN shardgen_targets AS t USING (target, generation)
WHERE t.run = ANY (%(runs)s) AND s.committed IS NOT NULL
ORDER BY s.seconds DESC, s.shard
LIMIT %(most)s
