#!/bin/sh
# A load in parts as a SLURM array: ten tasks, each with a tenth of the shards. A task that is requeued does what it has
# not done. The task that sees the last shard there finishes the load.
#
#   export SHARDGEN_DSN=postgresql://me@db.example/shop   # the password in ~/.pgpass
#   sbatch scripts/examples/parts/slurm.sh --scale 10
#
#SBATCH --job-name=shardgen
#SBATCH --array=0-9
#SBATCH --cpus-per-task=4
#SBATCH --mem=2G
#SBATCH --requeue
set -eu

: "${SLURM_ARRAY_TASK_ID:?this is the script of a job array: sbatch $0}"

exec shardgen load --end "${SHARDGEN_END:-2026-01-01}" --workers "${SLURM_CPUS_PER_TASK:-1}" --progress plain \
    --part "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" "$@"
