"""What the displays make of events; the accounting behind them; how they look at 80 and 160 columns."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
import threading

import pytest
from rich.console import Console

from shardgen.errors import ConfigError
from shardgen.events import (
    CheckDone,
    CheckStarted,
    Event,
    LoadFinished,
    LoadStarted,
    Notice,
    RowsCopied,
    ShardDone,
    ShardFailed,
    ShardRetried,
    ShardStarted,
    StepDone,
    StepStarted,
    VerificationStarted,
)
from shardgen.progress import choose, display, lines, units
from shardgen.progress.bars import Bars
from shardgen.progress.live import Live
from shardgen.progress.tally import WINDOW, Tally


class FakeClock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def started(*, resumed: bool = False, **done: int) -> LoadStarted:
    """Orders: 1000 rows in 2 shards; clickstream: 9000 in 3."""
    shards_done = {table: rows // {"orders": 500, "clickstream": 3000}[table] for table, rows in done.items()}
    return LoadStarted(
        run=7,
        resumed=resumed,
        workers=2,
        rows={"clickstream": 9000, "orders": 1000},
        shards={"clickstream": 3, "orders": 2},
        rows_done={"clickstream": 0, "orders": 0, **done},
        shards_done={"clickstream": 0, "orders": 0, **shards_done},
    )


def begun(shard: str, attempt: int = 1) -> ShardStarted:
    return ShardStarted(shard=shard, table=shard.partition("/")[0], attempt=attempt)


def copied(shard: str, rows: int) -> RowsCopied:
    return RowsCopied(shard=shard, table=shard.partition("/")[0], rows=rows)


def done(shard: str, rows: int, *, by_us: bool = True) -> ShardDone:
    return ShardDone(shard=shard, table=shard.partition("/")[0], rows=rows, bytes=rows * 10, seconds=1.0, by_us=by_us)


def retried(shard: str) -> ShardRetried:
    return ShardRetried(shard=shard, table=shard.partition("/")[0], attempt=1, cause="connection lost", delay=0.5)


def failed(shard: str) -> ShardFailed:
    return ShardFailed(shard=shard, table=shard.partition("/")[0], attempt=5, cause="disk full")


def tally_of(*events: Event, clock: FakeClock | None = None) -> Tally:
    tally = Tally(clock or FakeClock())
    for event in events:
        tally.take(event)
    return tally


WHOLE: tuple[Event, ...] = (
    Notice(text="starting the embedded server"),
    started(),
    begun("orders/1"),
    begun("orders/2"),
    copied("orders/1", 300),
    retried("orders/1"),
    begun("orders/1", 2),
    copied("orders/1", 500),
    done("orders/1", 510),
    done("orders/2", 505),
    *(begun(f"clickstream/{k}") for k in range(3)),
    *(copied(f"clickstream/{k}", 2000) for k in range(3)),
    *(done(f"clickstream/{k}", 2990) for k in range(3)),
    StepStarted(step="index raw_orders_status_idx"),
    StepDone(step="index raw_orders_status_idx", seconds=2.0),
    LoadFinished(ok=True),
)


PROVEN: tuple[Event, ...] = (
    VerificationStarted(checks=3),
    CheckStarted(check="L13"),
    CheckStarted(check="L12"),
    CheckDone(check="L12", failures=(), seconds=2.0),
    CheckDone(check="L13", failures=("L13: 2 offenders",), seconds=0.1),
    CheckStarted(check="orders/2025-03"),
    CheckDone(check="orders/2025-03", failures=(), seconds=0.1),
)


# --- the accounting ---------------------------------------------------------------------------------------------------


def test_tables_come_in_the_order_of_the_story():
    assert list(tally_of(started()).tables) == ["orders", "clickstream"]


def test_rows_count_before_their_commit_and_are_settled_by_it():
    tally = tally_of(started(), begun("orders/1"), copied("orders/1", 400))
    assert (tally.tables["orders"].rows, tally.all.rows) == (400, 400)
    tally.take(done("orders/1", 510))
    assert (tally.tables["orders"].rows, tally.all.rows, tally.all.shards_done) == (510, 510, 1)


@pytest.mark.parametrize("event", [retried, failed])
def test_a_shard_that_fails_takes_its_rows_back(event):
    tally = tally_of(started(), begun("orders/1"), copied("orders/1", 400), event("orders/1"))
    assert (tally.all.rows, tally.all.flying) == (0, {})
    assert tally.all.retries + tally.all.failures == tally.tables["orders"].retries + tally.all.failures == 1


def test_a_second_attempt_begins_at_nothing():
    tally = tally_of(started(), begun("orders/1"), copied("orders/1", 400), begun("orders/1", 2))
    assert tally.all.rows == 0


def test_a_shard_counts_once_whatever_is_said_about_it_later():
    tally = tally_of(
        started(), begun("orders/1"), done("orders/1", 500), copied("orders/1", 80), done("orders/1", 500, by_us=False)
    )
    assert (tally.all.rows, tally.all.shards_done) == (500, 1)


def test_a_table_ends_at_what_it_has_whatever_was_estimated():
    tally = tally_of(*WHOLE)
    for account in (tally.all, *tally.tables.values()):
        assert account.finished
        assert account.share == 1.0
        assert account.total == account.rows
    assert (tally.all.rows, tally.all.bytes) == (9985, 99850)


def test_a_bar_is_never_full_before_its_last_shard():
    tally = tally_of(started(), done("orders/1", 1400), begun("orders/2"))
    assert 0.9 < tally.tables["orders"].share < 1.0
    assert tally.tables["orders"].total == 1400


def test_resumed_rows_are_done_from_the_start_and_no_speed():
    clock = FakeClock()
    tally = tally_of(started(resumed=True, orders=500), begun("orders/2"), clock=clock)
    assert (tally.all.rows, tally.all.shards_done, tally.all.ours) == (500, 1, 0)
    tally.look()
    clock.now += 2
    tally.take(copied("orders/2", 100))
    tally.take(done("clickstream/0", 3000, by_us=False))
    tally.look()
    assert tally.all.speed.rate == tally.tables["orders"].speed.rate == 50


def test_speed_is_that_of_the_last_seconds():
    clock = FakeClock()
    tally = tally_of(started(), begun("clickstream/0"), clock=clock)
    for second in range(60):
        clock.now += 1
        tally.take(copied("clickstream/0", 10 * second if second < 30 else 300 + 100 * (second - 30)))
        tally.look()
    assert tally.all.speed.rate == pytest.approx(100)
    assert WINDOW < 30


def test_a_retry_never_makes_speed_negative():
    clock = FakeClock()
    tally = tally_of(started(), begun("orders/1"), copied("orders/1", 400), clock=clock)
    tally.look()
    clock.now += 1
    tally.take(retried("orders/1"))
    tally.look()
    assert tally.all.speed.rate == 0
    assert tally.all.eta is None


def test_a_load_of_nothing_is_complete():
    tally = tally_of(
        LoadStarted(
            run=1, resumed=False, workers=1, rows={"orders": 0}, shards={"orders": 0}, rows_done={}, shards_done={}
        )
    )
    assert (tally.all.share, tally.tables["orders"].share) == (1.0, 1.0)


def test_a_table_of_empty_shards_moves_by_shards():
    tally = tally_of(
        LoadStarted(
            run=1, resumed=False, workers=1, rows={"orders": 0}, shards={"orders": 4}, rows_done={}, shards_done={}
        ),
        done("orders/1", 0),
    )
    assert tally.all.share == 0.25


# --- the displays -----------------------------------------------------------------------------------------------------


def frame(width: int, *events: Event, color: bool = False, tally: Tally | None = None) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, height=30, force_terminal=color, record=True, highlight=False)
    live = Live(out, console=console, tally=tally)
    for event in events:
        live(event)
    console.print(live.frame())
    return console.export_text()


@pytest.mark.parametrize("width", [60, 80, 160])
def test_the_live_display_keeps_to_its_width(width):
    events = [
        started(),
        *(begun(f"clickstream/2025-{month:02}") for month in range(1, 9)),
        copied("clickstream/2025-01", 900),
    ]
    shown = frame(width, *events).splitlines()
    assert max(map(len, shown)) <= width
    assert len(shown) == 5
    assert shown[-1].startswith("⠋ shards 0/5  in flight 8: clickstream/2025-01")


def test_the_live_display_has_a_line_a_table_and_one_for_all():
    shown = frame(80, *WHOLE[:9])
    assert [line.split()[0] for line in shown.splitlines()[-5:-1]] == ["table", "orders", "clickstream", "all"]
    assert re.search(r"orders .* 51% +510 ", shown)
    assert "retries 1" in shown


def test_the_live_display_says_what_happens_and_how_it_ends():
    assert "starting the embedded server" in frame(80, WHOLE[0])
    assert "orders/1 is tried again in 0.5 s after attempt 1: connection lost" in frame(
        80, started(), retried("orders/1")
    )
    assert "orders/1 failed at attempt 5: disk full" in frame(80, started(), failed("orders/1"))
    assert "index raw_orders_status_idx" in frame(80, *WHOLE[:-2])
    ended = frame(80, *WHOLE)
    assert ended.splitlines()[-1] == "finished"
    assert ended.count("100%") == 3
    assert frame(80, started(), LoadFinished(ok=False)).splitlines()[-1] == "stopped"


def test_a_wide_display_shows_totals_and_shards():
    clock = FakeClock()
    tally = Tally(clock)
    live_events = [started(), begun("orders/1"), begun("orders/2"), done("orders/1", 510)]
    shown = frame(160, *live_events, tally=tally)
    assert re.search(r"orders .* 51% +510 +1,000 +1/2", shown)


def test_no_color_is_respected(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    out = io.StringIO()
    console = Console(file=out, width=80, force_terminal=True)
    live = Live(out, console=console)
    for event in WHOLE:
        live(event)
    console.print(live.frame())
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]", out.getvalue())


def test_plain_lines_tell_the_story():
    out = io.StringIO()
    with lines.Lines(out, interval=60, tally=Tally(FakeClock())) as show:
        for event in WHOLE:
            show(event)
    assert [line.partition("] ")[2] for line in out.getvalue().splitlines()] == [
        "starting the embedded server",
        "run 7 begins: 10,000 rows in 5 shards, 2 workers",
        "orders/1 is tried again in 0.5 s after attempt 1: connection lost",
        "index raw_orders_status_idx: 2.00 s",
        "finished: 100%, 9,985 of 9,985 rows, shards 5/5, retries 1",
    ]


def test_plain_lines_come_by_themselves_while_nothing_happens():
    out, seen = io.StringIO(), threading.Event()
    write = out.write

    def noticed(text: str) -> int:
        if "shards 0/5" in text:
            seen.set()
        return write(text)

    out.write = noticed  # type: ignore[method-assign]
    with lines.Lines(out, interval=0.01) as show:
        show(started(resumed=True))
        assert seen.wait(10)
    assert "run 7 resumes" in out.getvalue()


def test_a_running_step_is_what_a_line_tells():
    clock = FakeClock()
    tally = tally_of(started(), StepStarted(step="analyze"), clock=clock)
    clock.now += 65
    assert lines.state(tally) == "analyze for 1:05"


@pytest.mark.parametrize("each_table", [True, False])
def test_tqdm_bars_end_full(each_table):
    out = io.StringIO()
    with Bars(out, each_table=each_table) as show:
        for event in WHOLE:
            show(event)
        bars = dict(show._bars)
    assert {name: (bar.n, bar.total) for name, bar in bars.items()} == (
        {"orders": (1015, 1015), "clickstream": (8970, 8970), "all": (9985, 9985)}
        if each_table
        else {"all": (9985, 9985)}
    )
    assert "tried again" in out.getvalue()
    assert "100%" in out.getvalue()


def test_tqdm_does_not_count_resumed_rows_as_speed():
    with Bars(io.StringIO(), each_table=True) as show:
        show(started(resumed=True, orders=500))
        show(done("clickstream/0", 3000, by_us=False))
        assert {name: (bar.initial, bar.n) for name, bar in show._bars.items()} == {
            "orders": (500, 500),
            "clickstream": (3000, 3000),
            "all": (3500, 3500),
        }


def test_a_verification_is_told_check_by_check():
    out = io.StringIO()
    with lines.Lines(out, interval=60, tally=Tally(FakeClock())) as show:
        for event in PROVEN:
            show(event)
    assert [line.partition("] ")[2] for line in out.getvalue().splitlines()] == [
        "3 checks",
        "L12: 2.00 s",
        "L13 failed: L13: 2 offenders",
    ]


def test_the_live_display_of_a_verification_has_a_bar_and_what_is_at_work():
    assert "checks 0/3, at work: L13, L12" in frame(80, *PROVEN[:3])
    ended = frame(80, *PROVEN).splitlines()
    assert ended[0] == "L13 failed: L13: 2 offenders"
    assert ended[-1].startswith("checks 3/3, 1 failed")
    many = [CheckStarted(check=f"clickstream/2025-{month:02}") for month in range(1, 9)]
    assert len(frame(80, PROVEN[0], *many).splitlines()) == 2


def test_tqdm_counts_checks():
    out = io.StringIO()
    with Bars(out, each_table=False) as show:
        for event in PROVEN:
            show(event)
        assert (show._bars["all"].n, show._bars["all"].total) == (3, 3)
    assert "L13 failed" in out.getvalue()


@pytest.mark.parametrize("mode", ["rich", "tqdm", "plain", "none", "auto"])
def test_every_display_takes_every_event_and_closes_after_a_failure(mode):
    out = io.StringIO()
    with contextlib.suppress(RuntimeError), display(mode, stream=out) as show:
        for event in (*WHOLE[:-1], failed("orders/9"), LoadFinished(ok=False), *PROVEN):
            show(event)
        raise RuntimeError
    assert (out.getvalue() == "") == (mode == "none")


def test_a_broken_terminal_does_not_stop_a_load():
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    with display("plain", stream=Gone()) as show:
        for event in WHOLE:
            show(event)


def test_an_unknown_display_is_refused():
    with pytest.raises(ConfigError, match="progress='loud' is unknown: choose from auto, rich, tqdm, plain, none"):
        display("loud").__enter__()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environ", "mode"),
    [
        (Terminal(), {"TERM": "xterm-256color"}, "rich"),
        (Terminal(), {"TERM": "dumb"}, "tqdm"),
        (io.StringIO(), {"TERM": "xterm"}, "plain"),
        (io.StringIO(), {}, "plain"),
    ],
)
def test_the_display_suits_the_place(stream, environ, mode):
    assert choose(stream, environ) == mode


def test_a_notebook_gets_tqdm(monkeypatch):
    class Shell:
        kernel = object()

    class IPython:
        get_ipython = staticmethod(Shell)

    monkeypatch.setitem(sys.modules, "IPython", IPython)
    assert choose(io.StringIO(), {}) == "tqdm"


@pytest.mark.parametrize(("mode", "library"), [("plain", "rich|tqdm"), ("none", "rich|tqdm"), ("rich", "tqdm")])
def test_a_display_imports_only_its_own_library(mode, library):
    code = (
        f"import sys; from shardgen.progress import display\nwith display({mode!r}): pass\n"
        f"import re; print([name for name in sys.modules if re.fullmatch({library!r}, name)])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ})
    assert ran.stdout.strip().splitlines()[-1] == "[]"


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (units.count(1234567), "1,234,567"),
        (units.size(0), "0 B"),
        (units.size(1023), "1023 B"),
        (units.size(1536), "1.5 KiB"),
        (units.size(500 * 2**20), "500 MiB"),
        (units.size(3 * 2**40), "3.0 TiB"),
        (units.clock(None), "-:--"),
        (units.clock(7.4), "0:07"),
        (units.clock(3725), "1:02:05"),
        (units.duration(0.314), "0.31 s"),
        (units.duration(12.44), "12.4 s"),
        (units.duration(125), "2:05 min"),
        (units.duration(3725), "1:02:05 h"),
    ],
)
def test_numbers_read_well(text, expected):
    assert text == expected
