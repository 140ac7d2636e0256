#!/bin/sh
# One more day of the same shop, every day. In a crontab:
#   30 1 * * *  /path/to/daily.sh >> /var/log/shardgen.log 2>&1
# Epoch and horizon stay, so that the past stays; the window ends today (UTC) unless an option says otherwise.
set -eu

shardgen load --epoch 2026-01-01 --horizon 730 --if-exists replace --progress plain "$@"
