"""The program in odd surroundings: streams that are closed or unread, other encodings, limits, files that are none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shardgen.loading.engines import forkserver
from tests.conftest import Database

pytestmark = pytest.mark.slow

SMALL = (
    *("--customers", "20", "--products", "10", "--days", "2", "--end", "2026-01-01"),
    *("--tables", "customers", "--workers", "1"),
)
SAMPLE = "sample orders -n 1 --end 2026-01-01 --profile demo"
"""Of a customer whose town has a letter that ASCII lacks."""


def shell(
    line: str, folder: Path, database: Database | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """What a line of bash does, in which ``sg`` is the program."""
    begun = f'sg() {{ "{sys.executable}" -m shardgen "$@"; }}; {line}'
    return subprocess.run(
        ["bash", "-c", begun],
        cwd=folder,
        env={**os.environ, "SHARDGEN_DSN": database.dsn if database else "", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_reader_that_goes_away_does_not_change_the_result_of_a_load(database, tmp_path):
    load = f"sg load {' '.join(SMALL)}"
    lines = [
        f"{{ {load} --schema s{number} {options} 2>&1 >/dev/null; echo $? >rc{number}; }} | head -n 1 >/dev/null"
        for number, options in enumerate(("--progress plain",))
    ]
    json_line = f"{{ {load} --schema s1 --progress none --json; echo $? >rc1; }} | true"
    done = shell("\n".join([*lines, json_line]), tmp_path, database)
    assert [(tmp_path / f"rc{number}").read_text() for number in range(2)] == ["0\n"] * 2, done.stderr
    states = [database.value(f"SELECT state FROM s{number}.shardgen_runs") for number in range(2)]
    assert states == ["finished"] * 2
    assert "Traceback" not in done.stderr


def test_watching_ends_with_its_reader(database, tmp_path):
    shell(f"sg load {' '.join(SMALL)} --progress none", tmp_path, database)
    database.run("UPDATE bronze.shardgen_runs SET state = 'loading'")
    began = time.monotonic()
    done = shell("{ sg status --watch; echo $? >rc; } | head -n 1", tmp_path, database)
    assert (tmp_path / "rc").read_text() == "0\n"
    assert (done.stdout.count("\n"), done.stderr) == (1, "")
    assert time.monotonic() - began < 60


@pytest.mark.parametrize(
    "line",
    [
        f"sg {SAMPLE} >&-",
        f"sg {SAMPLE} --json 2>&-",
        "sg version <&- >&- 2>&-",
        f"sg {SAMPLE} --json | head -c 1",
        "sg --help | true",
        "sg schema | head -n 1",
        f"TERM=nonsense COLUMNS=² LINES=x sg {SAMPLE}",
        f"LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 sg {SAMPLE}",
        "mkdir gone; cd gone; rmdir ../gone; sg config",
        *(
            pytest.param(f"{setting} sg {SAMPLE}", marks=pytest.mark.slow)
            for setting in ("COLUMNS=0", "COLUMNS=² LINES=x", "TERM= COLUMNS=-5", "PYTHONIOENCODING=ascii")
        ),
    ],
)
def test_odd_surroundings_do_not_matter(tmp_path, line):
    done = shell(f"set -o pipefail; {line}", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_json_means_the_same_in_every_encoding(tmp_path):
    line = "sg sample customers -n 40 --json --end 2026-01-01 --profile demo"
    plain = shell(line, tmp_path, PYTHONIOENCODING="ascii").stdout
    rich = shell(line, tmp_path, PYTHONIOENCODING="utf-8").stdout
    assert not rich.isascii()
    assert plain.isascii()
    assert json.loads(plain) == json.loads(rich)


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        (f"sg {SAMPLE} >/dev/full", 1, "standard output cannot be written: No space left on device"),
        (f"sg {SAMPLE} --json >/dev/full", 1, "standard output cannot be written: No space left on device"),
        ("sg config --schema $'\\xff'", 2, "is not a text in UTF-8"),
        ("SHARDGEN_DAYS=$'\\xff' sg config", 2, "is not a whole number (it comes from SHARDGEN_DAYS)"),
        ("mkfifo .env; sg config", 2, "file='.env' cannot be read: it is a pipe, and nobody writes to it"),
        ("printf '\\xff' >.env; sg config", 2, "file='.env' cannot be read"),
        ("printf 'A=1\\nSHARDGEN_DAYS 7\\n' >.env; sg config", 2, "file='.env' line=2 is not NAME=value"),
        ("mkdir shardgen.toml; sg config", 2, "config='shardgen.toml' cannot be read: Is a directory"),
        ("ln -s nowhere shardgen.toml; sg config", 2, "config='shardgen.toml' cannot be read: No such file"),
        ("head -c 99 /dev/urandom >shardgen.toml; sg config", 2, "config='shardgen.toml' is not TOML"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(tmp_path, line, code, says):
    done = shell(line, tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (code, 1), done.stderr
    assert done.stderr.startswith("error: ")
    assert says in done.stderr


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("printf 'SHARDGEN_DAYS=7\\nnot a variable\\n' >.env", "file='.env' line=2 is not NAME=value, and is passed"),
        ("mkdir .env", ""),
        ("mkfifo .env; { echo SHARDGEN_DAYS=7 >.env & }", ""),
    ],
)
def test_a_project_s_own_env_file_is_let_be(tmp_path, line, says):
    done = shell(f"{line}\nsg config", tmp_path)
    assert done.returncode == 0
    assert (says in done.stderr) if says else not done.stderr


def test_a_log_on_a_full_disk_says_so_once_and_the_load_goes_on(database, tmp_path):
    line = f"sg load {' '.join(SMALL)} --progress plain --log-file /dev/full"
    done = shell(line, tmp_path, database)
    assert done.returncode == 0
    assert done.stderr.count("log-file='/dev/full' cannot be written, and lacks lines from here on: No space left") == 1
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize("limit", ["ulimit -n 9", "ulimit -n 12"])
def test_limits_are_told_with_the_remedy(database, tmp_path, limit):
    done = shell(f"{limit}; sg load {' '.join(SMALL)} --progress none", tmp_path, database)
    assert done.returncode == (1 if "to go on: " in done.stderr else 2), done.stderr
    assert f"ulimit {limit.split()[1]}" in done.stderr


def test_memory_that_is_too_little_for_a_worker_is_told_before_anything_is_written(database, tmp_path):
    line = f"sg load {' '.join(SMALL)} --progress none"
    room = forkserver.ROOM >> 10
    for limit in (300_000, room - 1):
        done = shell(f"ulimit -v {limit}; {line}", tmp_path, database)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"the limit of memory (ulimit -v) is {limit:,} KiB: raise it to {room} KiB or more" in done.stderr
        assert database.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'bronze'") == 0
    assert shell(f"ulimit -v {room}; {line}", tmp_path, database).returncode == 0


ASKED = """
import sys, shardgen
class Proxy:
    def write(self, text): pass
class Gone(Proxy):
    def write(self, text): raise BrokenPipeError(32, "gone")
    flush = lambda self: self.write("")
sys.stderr = {stream}
report = shardgen.load({dsn!r}, schema={schema!r}, customers=20, products=10, days=2, end="2026-01-01",
    tables="customers", workers=1, progress={progress!r})
print(report.ok)
"""


def test_a_stream_that_is_hardly_one_does_not_matter_to_the_functions(database, tmp_path):
    cases = [("None", "auto"), ("Proxy()", "auto"), ("Gone()", "plain")]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", ASKED.format(stream=stream, progress=mode, dsn=database.dsn, schema=f"s{number}")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
        for number, (stream, mode) in enumerate(cases)
    ]
    outcomes = [process.communicate(timeout=120) for process in running]
    assert [out for out, _ in outcomes] == ["True\n"] * len(cases), outcomes


DAEMONIC = """
import multiprocessing, shardgen
def work():
    print(shardgen.load({dsn!r}, customers=20, products=10, days=2, end="2026-01-01", tables="customers", workers=1,
        progress="none").ok, flush=True)
    print(shardgen.verify({dsn!r}, level="digests", workers=1, progress="none").ok, flush=True)
if __name__ == "__main__":
    process = multiprocessing.get_context({method!r}).Process(target=work, daemon=True)
    process.start()
    process.join()
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_daemonic_process_can_load_and_verify(database, tmp_path, method):
    (tmp_path / "task.py").write_text(DAEMONIC.format(dsn=database.dsn, method=method))
    done = subprocess.run(
        [sys.executable, "task.py"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.stdout, done.stderr) == ("True\nTrue\n", "")


@pytest.mark.parametrize(
    ("signum", "says"),
    [
        (signal.SIGINT, "interrupted (Ctrl-C)"),
        (signal.SIGTERM, "stopped by SIGTERM"),
        (signal.SIGHUP, "stopped by SIGHUP: its terminal, or the session that it ran in, was closed"),
    ],
)
def test_a_signal_is_told_by_its_name(signum, says):
    from shardgen.errors import Interrupted

    error = Interrupted(signum)
    assert (str(error), error.exit_code) == (says, 128 + signum)
