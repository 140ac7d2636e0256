#!/bin/sh
# Gives an arbitrary uid a name, which PostgreSQL needs, without touching the root filesystem; then becomes shardgen.
set -eu
if ! getent passwd "$(id -u)" >/dev/null; then
    names="${TMPDIR:-/tmp}/passwd"
    { cat /etc/passwd; echo "shardgen:x:$(id -u):$(id -g)::/data:/sbin/nologin"; } > "$names"
    export LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD="$names" NSS_WRAPPER_GROUP=/etc/group
fi
exec shardgen "$@"
