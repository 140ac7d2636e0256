-- retries: attempts of the runs that failed.
-- needs: the ledger
SELECT count(*) AS failures, count(DISTINCT (target, generation, shard)) AS shards
FROM shardgen_failures
WHERE run = ANY (%(runs)s)
