"""Hosts of their own on one machine: network namespaces on a switch, each with an address and a name.

A cable can be pulled and put back. Nothing of the machine's own network is touched.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from tests.conftest import Database
from tests.lakes import ENVIRONMENT
from tests.loads import ROOT, clean_environment
from tests.programs import copied_programs
from tests.servers import PASSWORD, short_home

ADDRESSES = {"desk": "10.177.0.1", "north": "10.177.0.2", "south": "10.177.0.3", "store": "10.177.0.4"}
"""By host: where the load is started and the scheduler runs, two hosts of workers, and that of PostgreSQL."""
SCHEDULER = 8786
BUCKETS = 9000
"""The port of an S3 API on the host of the store."""
QUICK = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "12s", "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "10s"}
"""A host that is cut off is missed after twelve seconds, and not after Dask's thirty."""
AWS = {**ENVIRONMENT, "AWS_ENDPOINT_URL": f"http://{ADDRESSES['store']}:{BUCKETS}"}
"""Keys of a lake: each host has its own."""
PATIENCE = 120.0


class Hosts:
    """See the module; a program is started on a host by its name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mark = f"sg{os.getpid()}"
        self._started: list[subprocess.Popen[bytes]] = []
        self.cut_off: set[str] = set()

    def build(self) -> None:
        """Make switch, hosts and cables.

        Raises:
            OSError, subprocess.CalledProcessError: this machine allows no namespaces.
        """
        self._ip("netns", "add", self._space("switch"))
        self._ip("-n", self._space("switch"), "link", "add", "bridge", "type", "bridge")
        self._ip("-n", self._space("switch"), "link", "set", "bridge", "up")
        for name, address in ADDRESSES.items():
            self._ip("netns", "add", self._space(name))
            ends = ("eth0", "netns", self._space(name), "type", "veth", "peer", "name", name)
            self._ip("link", "add", *ends, "netns", self._space("switch"))
            self._ip("-n", self._space("switch"), "link", "set", name, "master", "bridge", "up")
            self._ip("-n", self._space(name), "addr", "add", f"{address}/24", "dev", "eth0")
            for device in ("eth0", "lo"):
                self._ip("-n", self._space(name), "link", "set", device, "up")

    def pull(self, name: str) -> None:
        """Cut a host off: what is sent to it or by it is lost, and nobody is told."""
        self._ip("-n", self._space("switch"), "link", "set", name, "down")
        self.cut_off.add(name)

    def put_back(self, name: str) -> None:
        self.cut_off.discard(name)
        self._ip("-n", self._space("switch"), "link", "set", name, "up")

    def words(self, host: str, *words: str) -> list[str]:
        """A command as it is started on a host, which has its own name."""
        named = ["unshare", "--uts", "sh", "-c", f'hostname {host}; exec "$@"', "sh"]
        return ["ip", "netns", "exec", self._space(host), *named, *words]

    def start(self, host: str, *words: str) -> subprocess.Popen[bytes]:
        """A program that goes on; it writes a log."""
        with self.log(host).open("ab") as log:
            environment = {**clean_environment(), **QUICK, **AWS, "PYTHONPATH": str(ROOT)}
            started = subprocess.Popen(
                self.words(host, *words),
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started.append(started)
        return started

    def keep(self, host: str, *words: str) -> None:
        """A program that is started anew whenever it ends, as a host's supervisor does."""
        self.start(host, "sh", "-c", 'while :; do "$@"; sleep 1; done', "sh", *words)

    def shardgen(self, command: str, *arguments: str) -> subprocess.Popen[str]:
        """The program, on the desk."""
        words = [sys.executable, "-m", "shardgen", command, "--progress", "plain", *arguments]
        environment = {**clean_environment(), **QUICK, **AWS, "PGPASSWORD": PASSWORD}
        return subprocess.Popen(
            self.words("desk", *words),
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def does(self, host: str, *words: str) -> bool:
        """Whether a program on a host succeeds."""
        environment = {**clean_environment(), **AWS}
        return (
            subprocess.run(self.words(host, *words), env=environment, check=False, capture_output=True).returncode == 0
        )

    def log(self, host: str) -> Path:
        return self.folder / f"{host}.log"

    def close(self) -> None:
        """End the programs, and take it all down."""
        for each in self._started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(each.pid, 9)
            each.wait(PATIENCE)
        for name in ("switch", *ADDRESSES):
            subprocess.run(["ip", "netns", "del", self._space(name)], check=False, capture_output=True)

    def _space(self, name: str) -> str:
        return f"{self._mark}-{name}"

    def _ip(self, *words: str) -> None:
        subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class Store:
    """PostgreSQL on a host of its own, with passwords; asked by the test over a socket."""

    def __init__(self, hosts: Hosts, home: Path) -> None:
        programs = copied_programs(home / "pg")
        shutil.chown(home, 65534, 65534)
        (home / "password").write_text(PASSWORD)
        account = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        data = str(home / "data")
        first = ["-U", "admin", "-A", "scram-sha-256", f"--pwfile={home / 'password'}", "-E", "UTF8", "-D", data]
        subprocess.run([*account, str(programs / "initdb"), *first], check=True, cwd="/", capture_output=True)
        with (home / "data" / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 10.177.0.0/24 scram-sha-256\n")
        listening = ("-h", ADDRESSES["store"], "-k", str(home), "-p", "5432")
        self._server = hosts.start("store", *account, str(programs / "postgres"), "-D", data, *listening)
        self.dsn = make_conninfo(host=str(home), port=5432, user="admin", password=PASSWORD, dbname="postgres")
        until(self._answers)

    def address(self, database: Database) -> str:
        """A database of it as the hosts know it; without the password."""
        return f"postgresql://admin@{ADDRESSES['store']}:5432/{database.name}"

    def _answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.dsn):
            return True
        return False


@contextlib.contextmanager
def hosts() -> Iterator[Hosts]:
    """Hosts on their switch.

    Raises:
        OSError, subprocess.CalledProcessError: this machine allows none.
    """
    with short_home() as folder:
        made = Hosts(folder)
        try:
            made.build()
            yield made
        finally:
            made.close()


def until(holds, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
