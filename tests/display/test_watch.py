"""status --watch: what is shown of runs that move, and how it ends."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

import pytest
from rich.console import Console

from shardgen.display.tables import status_tables
from shardgen.display.watch import LOST, of_interest, watch
from shardgen.errors import TargetError
from shardgen.stores.findings import RunStatus, TableStatus

WHERE = "schema bronze of here"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def status(
    *, run: int = 1, state: str = "loading", done: int = 0, failed: int = 0, exact: bool = True, replaced_by=()
) -> RunStatus:
    table = TableStatus(
        run=run,
        table="orders",
        relation="raw_orders",
        generation=1,
        replaced_by=None,
        planned_shards=4,
        planned_rows=4000,
        exact=exact,
        done=done,
        pending=4 - done - failed,
        failed=failed,
        rows=done * 1000,
        skipped=0,
        last_error=None,
    )
    return RunStatus(
        run=run,
        state=state,
        coordinator="shardgen:coordinator:h:1 (local)" if state == "loading" else None,
        started=datetime(2026, 1, 1, tzinfo=UTC),
        resumed=None,
        finished=None,
        host="h",
        pid=1,
        fingerprint="",
        versions={},
        plan={},
        options={},
        last_error=None,
        replaced_by=replaced_by,
        tables=(table,),
    )


def watched(looks: list, *, stream: io.StringIO, environ: dict[str, str] | None = None) -> str:
    """What is shown while the looks give this, one after the other; then somebody presses Ctrl-C."""
    coming, now = iter(looks), [0.0]

    def look() -> list[RunStatus]:
        found = next(coming, KeyboardInterrupt())
        if isinstance(found, BaseException):
            raise found
        return found

    def sleep(seconds: float) -> None:
        now[0] += seconds

    watch(look, where=WHERE, stream=stream, environ=environ or {}, sleep=sleep, clock=lambda: now[0])
    return stream.getvalue()


def test_piped_it_is_a_line_for_each_change():
    looks = [[status()], [status(done=1)], [status(done=1)], [status(done=2)], [status(done=4, state="finished")]]
    lines = [line.partition(" ")[2] for line in watched(looks, stream=io.StringIO()).splitlines()]
    assert lines == [
        "run 1 loading: shards 0/4, 0 of 4,000 rows",
        "run 1 loading: shards 1/4, 1,000 of 4,000 rows",
        "run 1 loading: shards 2/4, 2,000 of 4,000 rows, 500 rows/s, 0:04 left",
        "run 1 finished: shards 4/4, 4,000 of 4,000 rows",
    ]


def test_a_failed_shard_is_told():
    assert "failed 1" in watched([[status(done=1, failed=1)]], stream=io.StringIO())


def test_on_a_terminal_it_is_a_table_that_redraws_itself(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    shown = watched([[status()], [status(done=2)]], stream=Terminal())
    assert "raw_orders" in shown
    assert "2,000" in shown
    assert re.search(r"\x1b\[\d*A", shown), "the cursor goes back up"


def test_how_to_end_it_is_said_only_as_long_as_it_goes_on(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    assert "Ctrl-C ends" in watched([[status()]], stream=Terminal())
    assert "Ctrl-C ends" not in watched([[status(done=4, state="finished")]], stream=Terminal())


def test_a_terminal_that_cannot_redraw_gets_lines():
    assert "\x1b" not in watched([[status()]], stream=Terminal(), environ={"TERM": "dumb"})


def test_a_server_that_does_not_answer_for_a_while_is_asked_again():
    looks = [[status()], TargetError("host=h refuses: it restarts"), [status(done=1)]]
    lines = watched(looks, stream=io.StringIO()).splitlines()
    assert "no answer: host=h refuses: it restarts" in lines[1]
    assert "shards 1/4" in lines[2]


def test_a_target_that_cannot_be_reached_at_all_is_an_error():
    with pytest.raises(TargetError):
        watched([TargetError("cannot connect")], stream=io.StringIO())


def test_without_runs_it_says_so():
    assert f"no runs in {WHERE}" in watched([[]], stream=io.StringIO())


def test_runs_that_cannot_move_any_more_are_left_out_unless_there_is_no_other():
    old, new = status(run=1, state="finished"), status(run=2)
    assert of_interest([old, new]) == [new]
    assert of_interest([status(run=1, state="superseded"), old]) == [old]
    assert of_interest([]) == []


@pytest.mark.parametrize("ended", ["finished", "failed", "interrupted", "superseded"])
def test_it_ends_by_itself_when_no_run_is_at_work_any_more(ended):
    asked = []

    def look() -> list[RunStatus]:
        asked.append(1)
        return [status(state="finished"), status(run=2, done=4, state=ended if len(asked) > 2 else "loading")]

    shown = io.StringIO()
    watch(look, where=WHERE, stream=shown, environ={}, sleep=lambda _: None)
    assert len(asked) == 3
    assert f"run 2 {ended}" in shown.getvalue() or ended in ("finished", "superseded")


def test_a_run_that_nobody_works_on_is_given_up_only_after_a_while_without_a_commit():
    looks = [[status(done=1, state="lost")]] * 10 + [[status(done=2, state="lost")]] * (int(LOST) + 10)
    asked, now = iter(looks), [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    watch(lambda: next(asked), where=WHERE, stream=io.StringIO(), environ={}, sleep=sleep, clock=lambda: now[0])
    assert now[0] == 10 + LOST + 1


def told(runs: list[RunStatus], width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(status_tables(runs, where=WHERE))
    return console.file.getvalue()


def test_status_tells_the_newest_run_first_and_marks_estimates():
    text = told([status(done=4, state="finished", exact=False), status(run=2)])
    assert text.index("run 2: loading") < text.index("run 1: finished")
    assert re.search(r"raw_orders +4,000 +~4,000", text)
    assert re.search(r"all +4,000 +~4,000", text)
    assert re.search(r"raw_orders +0 +4,000", text)


def test_of_a_run_that_was_replaced_status_tells_by_which_and_no_rows():
    text = told([status(state="finished", replaced_by=(2,)), status(run=2)])
    assert "run 1: finished, replaced by run 2" in text
    assert text.count("raw_orders") == 1
