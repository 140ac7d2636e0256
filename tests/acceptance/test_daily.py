"""The cron line and the timer of the manual, through a week that breaks on Wednesday and goes on on Friday."""

from __future__ import annotations

import configparser
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Database, fresh_database
from tests.loads import PATIENCE, Program, clean_environment, content

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[2] / "scripts" / "examples"
SHOP = (
    *("--customers", "200", "--products", "60", "--epoch", "2025-12-01", "--horizon", "60"),
    *("--orders-per-day", "30", "--sessions-per-day", "40", "--end", "2026-01-05"),
)


@pytest.fixture
def shop(database, programs) -> Database:
    assert Program(database, *SHOP, "--workers", "1").wait()[0] == 0
    return database


@pytest.fixture
def programs(tmp_path) -> Path:
    """Where a shell finds the program."""
    (tmp_path / "shardgen").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m shardgen "$@"\n')
    (tmp_path / "shardgen").chmod(0o755)
    return tmp_path


def night(command: list[str], shop: Database, programs: Path, today: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **clean_environment(),
        "PATH": f"{programs}:{os.environ['PATH']}",
        "SHARDGEN_TODAY": today,
        "SHARDGEN_DSN": shop.dsn,
    }
    return subprocess.run(
        command,
        env=environment,
        cwd=EXAMPLES.parents[1],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def test_a_week_of_nights_that_breaks_on_wednesday_is_whole_on_friday(shop, programs, server_dsn):
    cron = ["/bin/sh", str(EXAMPLES / "daily.sh")]
    for day in ("2026-01-06", "2026-01-07"):
        assert night(cron, shop, programs, day).returncode == 0
    broken = Program(shop, "--to", "2026-01-08", command="advance")
    broken.until("SELECT 1 FROM bronze.shardgen_shards WHERE run = 4")
    os.kill(broken.pid, signal.SIGKILL)
    broken.wait()
    told = night(cron, shop, programs, "2026-01-10")
    assert told.returncode == 0, told.stderr
    assert night(cron, shop, programs, "2026-01-10").returncode == 0  # there is nothing left to do
    with fresh_database(server_dsn) as at_once:
        assert Program(at_once, *SHOP[:-1], "2026-01-10", "--workers", "1").wait()[0] == 0
        assert content(shop) == content(at_once)


def test_the_timer_starts_the_same_line(shop, programs):
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.read([EXAMPLES / "daily.service", EXAMPLES / "daily.timer"])
    assert unit["Timer"]["OnCalendar"] == "*-*-* 01:30:00 UTC"
    assert unit["Service"]["Type"] == "oneshot"
    told = night(unit["Service"]["ExecStart"].split(), shop, programs, "2026-01-06")
    assert told.returncode == 0, told.stderr
