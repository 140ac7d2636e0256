#!/bin/sh
# Yesterday, every night: brings what is loaded forward up to today (UTC), unless an option says how far. In a crontab:
#   30 1 * * *  /path/to/daily.sh --dsn postgresql://me@db.example/shop >> /var/log/shardgen.log 2>&1
# A night that was broken or left out is made good by the next one.
set -eu

shardgen advance --to "${SHARDGEN_TODAY:-$(date -u +%F)}" --progress plain "$@"
