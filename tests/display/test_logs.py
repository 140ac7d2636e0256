"""The log for machines and the display for the curious: whole lines, no secret, and nothing that stops a load."""

from __future__ import annotations

import json
import logging
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shardgen.display.logs import Log, detail, records, spelt_out
from shardgen.errors import ConfigError, ShardError
from shardgen.events import Logged, Notice, ShardDone, ShardFailed, ShardRetried, StepStarted, WorkerLogged

DONE = ShardDone(shard="orders/1", table="orders", rows=5_000, bytes=90, seconds=0.5, by_us=True)
AT = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)


def lines(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def log_of(file: Path) -> Log:
    return Log(file, clean=lambda text: text.replace("s3cret", "***"), now=lambda: AT)


def test_every_event_is_a_line_with_its_time_and_fields(tmp_path):
    with log_of(tmp_path / "log") as log:
        log(DONE)
        log(Notice(text="é"))
    done, notice, ended = lines(tmp_path / "log")
    assert (done["at"], done["event"], done["shard"], done["rows"]) == (
        "2026-01-02T03:04:05.000006Z",
        "ShardDone",
        "orders/1",
        5_000,
    )
    assert notice["text"] == "é"
    assert ended["event"] == "Ended"


def test_a_failure_is_the_last_line(tmp_path):
    with pytest.raises(ShardError), log_of(tmp_path / "log"):
        raise ShardError("orders/1", 5, "disk full")
    [line] = lines(tmp_path / "log")
    assert (line["event"], line["error"]) == ("Failed", "ShardError")
    assert line["text"] == "shard='orders/1' failed at attempt=5: disk full"


def test_no_secret_gets_in_however_deep(tmp_path):
    with log_of(tmp_path / "log") as log:
        log(WorkerLogged(shard="a", table="orders", lines=("my s3cret", "s3cret")))
        log.write("Began", options={"dsn": ["s3cret"]})
    assert "s3cret" not in (tmp_path / "log").read_text()


def test_a_log_is_appended_to_in_whole_lines_by_many_at_a_time(tmp_path):
    def write() -> None:
        with log_of(tmp_path / "log") as log:
            for _ in range(200):
                log(DONE)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines(tmp_path / "log")) == 4 * 201


def test_a_disk_that_is_full_stops_nothing():
    with log_of(Path("/dev/full")) as log:
        log(DONE)


def test_a_log_that_cannot_be_opened_is_a_wrong_option(tmp_path):
    with pytest.raises(ConfigError, match=r"log-file='.*' cannot be written: Is a directory"):
        log_of(tmp_path)


def test_what_libraries_log_becomes_events_and_is_not_printed(capsys):
    events: list = []
    before = logging.getLogger().level
    with records(events.append):
        logging.getLogger("psycopg.pool").warning("connection %s is gone", 3)
        logging.getLogger("psycopg.pool").debug("noise")
    logging.getLogger("psycopg.pool").info("after")
    assert events == [Logged(logger="psycopg.pool", level="WARNING", text="connection 3 is gone")]
    assert logging.getLogger().level == before
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (DONE, "orders/1: 5,000 rows in 0.50 s, 10,000 rows/s"),
        (ShardDone(shard="a", table="orders", rows=1, bytes=1, seconds=0, by_us=False), "a: committed already"),
        (
            ShardRetried(shard="a", table="orders", attempt=1, cause="c", delay=1.0, trace="Traceback\n  x\n"),
            "Traceback\n  x",
        ),
        (ShardFailed(shard="a", table="orders", attempt=5, cause="c", trace="Traceback"), "Traceback"),
        (ShardFailed(shard="a", table="orders", attempt=5, cause="c"), ""),
        (WorkerLogged(shard="a", table="orders", lines=("x", "y")), "a: x\na: y"),
        (Logged(logger="psycopg.pool", level="WARNING", text="gone"), "warning psycopg.pool: gone"),
        (StepStarted(step="analyze"), ""),
    ],
)
def test_verbose_adds_what_a_display_keeps_to_itself(event, text):
    assert detail(event) == text
    shown: list = []
    spelt_out(shown.append)(event)
    assert shown == [event, *([Notice(text=text)] if text else [])]
