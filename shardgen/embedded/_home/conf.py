"""The embedded server's configuration: for bulk loads of data that can be made again, sized for this machine.

It is written anew at every start, each setting with its reason beside it. What a user sets by ALTER SYSTEM takes
precedence.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
from pathlib import Path
from typing import Final

from shardgen.embedded._home import homes
from shardgen.embedded._home.homes import Home
from shardgen.embedded.programs import NAME, Account

PORT: Final = 5432  # without TCP only part of the socket's name; explicit, so that a caller's PGPORT does not matter
LOOPBACK: Final = "127.0.0.1"  # where it listens if a port is asked for
_CGROUP_LIMITS: Final = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_MIB: Final = 1 << 20
_SENDERS: Final = 10  # as PostgreSQL has it, and as many slots

# For a bulk load of data that can be made again, next to the loader's own workers. Lost time is acceptable after a
# crash, lost or doubled rows are not: whatever makes a commit mean "on disk" stays on.
_CONF: Final = """\
# Written by shardgen at every start. For your own settings use ALTER SYSTEM, which takes precedence.
listen_addresses = {listen}  # loopback where a port was asked for; else the socket's directory is the outer wall
port = {port}  # also part of the socket's name
unix_socket_directories = {socket}
unix_socket_permissions = 0700
hba_file = {hba}
ident_file = {ident}

max_connections = 200  # two for each worker on a large machine, and room for people
max_locks_per_transaction = 1024  # count or DROP over a year of daily leaves locks each leaf, its indexes and TOAST
shared_buffers = {shared_buffers}MB  # 1/8 of memory: COPY goes through a small ring, only the keys' pages are hot
work_mem = {work_mem}MB  # 1/256: sorts and hashes of the verification, several at a time
maintenance_work_mem = {maintenance_work_mem}MB  # 1/32: each worker sorts a leaf's index in memory, not in files
effective_cache_size = {effective_cache_size}MB  # 1/2: what the kernel keeps of the tables
dynamic_shared_memory_type = {dsm}  # mmap where /dev/shm is small (containers: 64 MiB): parallel queries fail there

wal_level = {wal_level}  # minimal: a leaf created and loaded in one transaction skips the WAL
max_wal_senders = {max_wal_senders}  # 0 is required by minimal; nobody replicates data that can be made again
max_slot_wal_keep_size = {max_slot_wal_keep_size}MB  # half of the free disk: a slot that nobody reads must not fill it
max_wal_size = {max_wal_size}MB  # 1/10 of the free disk: fewer checkpoints, so fewer full-page images
checkpoint_timeout = 15min  # likewise; it bounds recovery to minutes
wal_compression = off  # these binaries have only pglz, and a load is short of CPU, not of WAL bandwidth
fsync = on  # a crash may cost the shards in flight, never the cluster
synchronous_commit = on  # off is atomic too but may lose what was reported done, to save ms of a shard's seconds

autovacuum_max_workers = 1  # needed for statistics and freezing, but a load wants the other cores
autovacuum_naptime = 1h  # a load freezes and analyses its rows itself; doing it again meanwhile took up to 25 % CPU
jit = off  # short queries over many leaves: compiling costs more than it saves

timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'  # shardgen reads the log for the cause of a failed start
log_line_prefix = '%m [%p] %a '
log_lock_waits = on  # a shard that waits for a foreign lock leaves a trace
"""


_HBA: Final = f"local all all peer map={NAME}\n"
_HBA_TCP: Final = f"host all all {LOOPBACK}/32 scram-sha-256\n"


def write(layout: Home, account: Account, directory: Path, port: int | None, wal_level: str) -> None:
    """Write postgresql.conf, pg_hba.conf and pg_ident.conf anew, sized for this machine; with a port also for TCP."""
    hba, ident = layout.path / "pg_hba.conf", layout.path / "pg_ident.conf"
    # Root could become any user anyway; and it is the one who runs shardgen where a helper runs the server.
    names = dict.fromkeys((account.name, *_root()))
    homes.write_file(hba, _HBA if port is None else _HBA + _HBA_TCP)
    homes.write_file(ident, "".join(f'{NAME} "{name}" {NAME}\n' for name in names))
    sizes = _sizes(_memory(), shutil.disk_usage(layout.path).free)
    text = _CONF.format(
        listen="''" if port is None else _quoted(LOOPBACK),
        port=PORT if port is None else port,
        socket=_quoted(_seen_from_inside(layout, directory)),
        hba=_quoted(hba),
        ident=_quoted(ident),
        wal_level=wal_level,
        max_wal_senders=0 if wal_level == "minimal" else _SENDERS,
        dsm="posix" if _shared_memory() >= 1024 * _MIB else "mmap",
        **sizes,
    )
    homes.write_file(layout.conf, text)


def _root() -> list[str]:
    """Root's name, unless the user database, such as one made up for a container, does not know it."""
    with contextlib.suppress(KeyError):
        return [pwd.getpwuid(0).pw_name]
    return []


def _sizes(memory: int, disk: int) -> dict[str, int]:
    """Settings in MiB for so many bytes of memory and free disk; a 2 GiB machine gives a 256 MiB cache."""

    def clamp(size: int, low: int, high: int) -> int:
        return max(low, min(high, size // _MIB))

    return {
        "shared_buffers": clamp(memory // 8, 128, 4096),
        "work_mem": clamp(memory // 256, 4, 64),
        "maintenance_work_mem": clamp(memory // 32, 64, 1024),
        "effective_cache_size": clamp(memory // 2, 512, 1 << 20),
        "max_slot_wal_keep_size": max(512, disk // 2 // _MIB),
        "max_wal_size": clamp(disk // 10, 512, 8192),
    }


def _memory() -> int:
    """Bytes that this machine, or the container that we run in, has."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [int(text) for path in _CGROUP_LIMITS if (text := homes.read(Path(path))) and text.isdigit()]
    return min([physical, *limits])


def _shared_memory() -> int:
    """Bytes that /dev/shm can hold; where there is none, POSIX shared memory is not limited by it."""
    try:
        return shutil.disk_usage("/dev/shm").total  # noqa: S108 - only its size
    except FileNotFoundError:
        return 1 << 62


def _seen_from_inside(layout: Home, directory: Path) -> Path:
    """The socket's directory as the server names it, which removes it at its end: in its own home, if that is renamed
    and another is made in its place.
    """
    return Path("..") / directory.name if directory == layout.socket and not layout.data.is_symlink() else directory


def _quoted(path: Path | str) -> str:
    return "'" + str(path).replace("'", "''") + "'"
