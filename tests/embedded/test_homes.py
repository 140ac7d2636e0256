"""A home that is renamed, copied, linked or deleted while its server runs: no living server is taken for a dead one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from shardgen.embedded import server
from shardgen.errors import ServerError
from tests.servers import is_gone, kill, query, short_directory, wait_until

pytestmark = pytest.mark.slow

LONG = "x" * 100
"""A name with which the socket is not in the home."""
AT_ONCE = 20  # seconds; far from the minutes that a server may take to come up


@pytest.fixture
def base() -> Iterator[Path]:
    with short_directory() as directory:
        yield directory


@pytest.fixture(scope="module")
def cluster() -> Iterator[Callable[..., Path]]:
    """What puts a cluster that does not run into a directory: a copy of one is had sooner than one of its own."""
    with short_directory() as directory:
        server.start(directory / "first")
        server.stop(directory / "first")

        def put(base: Path, name: str = "h") -> Path:
            subprocess.run(["cp", "-a", directory / "first", base / name], check=True)
            return base / name

        yield put


def mark(running: server.Server) -> None:
    with psycopg.connect(running.dsn) as connection:
        connection.execute("CREATE TABLE mine AS SELECT 42 AS answer")


@pytest.mark.parametrize("name", ["h", LONG], ids=["socket in it", "socket elsewhere"])
def test_a_renamed_home_still_has_its_server_under_the_new_name(
    base: Path, cluster: Callable[..., Path], name: str
) -> None:
    home = cluster(base, name)
    first = server.start(home)
    mark(first)
    renamed = home.rename(home.with_name(f"{home.name}2"))
    again = server.start(renamed)
    assert (again.pid, again.started) == (first.pid, False)
    assert query(again, "SELECT answer FROM mine") == 42
    assert server.status(home) is None
    assert server.stop(renamed) is True
    wait_until(lambda: is_gone(first.pid))


@pytest.mark.parametrize("name", ["h", LONG], ids=["socket in it", "socket elsewhere"])
def test_a_new_home_in_the_place_of_a_renamed_one_does_not_disturb_it(
    base: Path, cluster: Callable[..., Path], name: str
) -> None:
    home = cluster(base, name)
    first = server.start(home)
    mark(first)
    renamed = home.rename(base / f"{home.name}2")
    cluster(base, name)
    second = server.start(home)
    assert second.started
    assert second.pid != first.pid
    assert query(second, "SELECT to_regclass('mine')") is None
    assert server.stop(renamed) is True
    wait_until(lambda: is_gone(first.pid))
    found = server.status(home)  # the end of the other has not taken its socket
    assert found is not None
    assert found.pid == second.pid


@pytest.mark.parametrize("name", ["h", LONG], ids=["socket in it", "socket elsewhere"])
def test_a_copy_of_the_home_of_a_running_server_is_another_home(
    base: Path, cluster: Callable[..., Path], name: str
) -> None:
    home = cluster(base, name)
    first = server.start(home)
    mark(first)
    with psycopg.connect(first.dsn, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    copy = base / f"{home.name}2"
    subprocess.run(["cp", "-a", home, copy], check=True)
    assert server.status(copy) is None
    assert server.stop(copy) is False
    assert not is_gone(first.pid)
    second = server.start(copy)
    assert second.started
    assert second.pid != first.pid
    assert second.socket_directory != first.socket_directory
    assert query(first, "SELECT answer FROM mine") == 42
    server.stop(copy)
    assert query(first, "SELECT answer FROM mine") == 42


@pytest.mark.parametrize("link", ["home", "data directory"])
def test_a_link_leads_to_the_same_server(base: Path, cluster: Callable[..., Path], link: str) -> None:
    home = cluster(base)
    if link == "data directory":
        (home / "postgres").rename(base / "elsewhere")
        (home / "postgres").symlink_to(base / "elsewhere")
    first = server.start(home)
    (base / "link").symlink_to(home)
    again = server.start(base / "link")
    assert (again.pid, again.started) == (first.pid, False)
    kill(first.pid)
    assert server.start(base / "link").started


def test_a_home_deleted_under_its_server_can_be_made_anew_at_once(base, cluster):
    home = cluster(base)
    first = server.start(home)
    subprocess.run(["rm", "-rf", home], check=False)
    subprocess.run(["rm", "-rf", home], check=True)  # what the server made meanwhile
    assert server.status(home) is None
    assert server.stop(home) is False
    begun = time.monotonic()
    assert server.start(home).started
    assert time.monotonic() - begun < AT_ONCE
    wait_until(lambda: is_gone(first.pid))


def test_a_data_directory_moved_out_of_its_home_is_named_at_once(base, cluster):
    home = cluster(base)
    first = server.start(home)
    (home / "postgres").rename(base / "elsewhere")
    begun = time.monotonic()
    with pytest.raises(
        ServerError, match=rf"pid={first.pid} listens at .*: move it back, or .*: kill -INT {first.pid}"
    ):
        server.start(home)
    assert time.monotonic() - begun < AT_ONCE
    assert not (home / "postgres").exists()
    (base / "elsewhere").rename(home / "postgres")
    assert server.start(home).pid == first.pid


def test_a_server_whose_socket_was_removed_is_named_at_once_and_can_be_stopped(
    base: Path, cluster: Callable[..., Path]
) -> None:
    home = cluster(base)
    first = server.start(home)
    shutil.rmtree(first.socket_directory)
    begun = time.monotonic()
    with pytest.raises(ServerError, match=rf"pid={first.pid} runs, but its socket in .* is gone; .*kill -INT"):
        server.start(home)
    assert time.monotonic() - begun < AT_ONCE
    assert not is_gone(first.pid)
    assert server.stop(home) is True
    assert server.start(home).started


def test_a_server_without_its_record_is_stopped_and_not_taken_for_an_orphan(
    base: Path, cluster: Callable[..., Path]
) -> None:
    home = cluster(base)
    first = server.start(home)
    (home / "postgres" / "postmaster.pid").unlink()
    assert server.status(home) is None
    assert server.stop(home) is True
    wait_until(lambda: is_gone(first.pid))
    assert server.start(home).started


def test_a_start_kills_no_living_postmaster_and_no_backend_of_one(
    base: Path, cluster: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is done to a home, only what has no postmaster any more, or no files, gets a signal of ours."""
    home = cluster(base)
    first = server.start(home)
    signalled: list[tuple[int, int]] = []
    real = os.kill

    def watched(pid: int, number: int) -> None:
        if number:
            signalled.append((pid, number))
        real(pid, number)

    monkeypatch.setattr(os, "kill", watched)
    with psycopg.connect(first.dsn):
        renamed = home.rename(base / f"{home.name}2")
        server.start(renamed)
        subprocess.run(["cp", "-a", renamed, home], check=True)
        server.start(home)
    assert signalled == []
    server.stop(home)
    assert [number for _, number in signalled] == [signal.SIGINT]
