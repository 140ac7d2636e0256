-- steps: what finalised the runs, and when.
-- needs: the ledger
SELECT run, step, seconds, extract(epoch FROM committed) AS ended
FROM shardgen_steps
WHERE run = ANY (%(runs)s)
ORDER BY committed
LIMIT %(most)s
