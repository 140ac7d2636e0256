"""What the displays make of events, and how they look in terminals of all sizes."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
import threading

import pytest
from rich.console import Console, ConsoleDimensions

from shardgen.display import choose, display, lines, units
from shardgen.display.bars import Bars
from shardgen.display.live import Live
from shardgen.display.tally import Tally
from shardgen.errors import ConfigError
from shardgen.events import CheckStarted, Event, LoadFinished, LoadStarted, StepStarted, VerificationStarted
from tests.fake_events import PROVEN, WHOLE, FakeClock, begun, copied, done, failed, retried, seen, started, tally_of

# --- the displays -----------------------------------------------------------------------------------------------------


def frame(width: int, *events: Event, height: int = 30, color: bool = False, tally: Tally | None = None) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, height=height, force_terminal=color, record=True, highlight=False)
    live = Live(out, console=console, tally=tally, cpus=2)
    for event in events:
        live(event)
    console.print(live.frame())
    return console.export_text()


def many_workers() -> list[Event]:
    tables = ("customers", "products", "orders", "inventory", "reviews", "sessions", "clickstream")
    begins = LoadStarted(
        run=7,
        resumed=False,
        workers=8,
        rows=dict.fromkeys(tables, 10**6),
        shards=dict.fromkeys(tables, 12),
        rows_done={},
        shards_done={},
        bytes=dict.fromkeys(tables, 10**9),
        local=True,
    )
    shards = [f"clickstream/2025-{month:02}" for month in range(1, 9)]
    return [begins, *map(begun, shards), *(copied(shard, 900) for shard in shards)]


@pytest.mark.parametrize("width", [40, 60, 80, 160])
@pytest.mark.parametrize("height", [5, 8, 12, 16, 20, 24, 50])
def test_the_live_display_keeps_to_its_terminal(width, height):
    clock = FakeClock()
    tally = Tally(clock)
    events = many_workers()
    for _ in range(10):
        clock.now += 1
        for event in events:
            tally.take(event) if not isinstance(event, LoadStarted) or tally.run is None else None
        tally.look()
    shown = frame(width, tally=tally, height=height).splitlines()
    assert max(map(len, shown)) <= width
    assert len(shown) < height
    assert shown[-1][1:].startswith(" shards 0/84")
    assert len(shown[-1]) <= width - len("^C")  # which a terminal writes where the cursor is
    assert any(line.startswith("all ") for line in shown)


def test_a_terminal_of_24_lines_has_room_for_every_table_and_eight_workers():
    shown = frame(80, *many_workers(), height=24)
    assert sum("clickstream/2025-" in line for line in shown.splitlines()) == 8
    assert all(f"{table} " in shown for table in ("customers", "reviews", "clickstream", "all"))


def test_a_low_terminal_shows_what_is_at_work_and_says_how_many_workers_more_there_are():
    shown = frame(80, *many_workers(), height=12).splitlines()
    firsts = [line.split()[0] for line in shown[1:-1]]
    assert firsts == ["customers", "products", "orders", "inventory", "clickstream", "all", "worker", "and", "8"]
    assert "and 7 more workers" in shown[-3]
    assert "8 workers share 2 CPUs with the database: more will not help" in shown[-2]


def test_the_live_display_has_a_line_a_table_one_for_all_and_one_a_worker():
    shown = frame(80, *WHOLE[:9])
    assert [line.split()[0] for line in shown.splitlines()[-6:-1]] == [
        "orders",
        "clickstream",
        "all",
        "worker",
        "worker",
    ]
    assert re.search(r"orders .* 51% +510 ", shown)
    assert re.search(r"\nworker 1 idle +\nworker 2 orders/2 +.* 0% +0 starting", shown)
    assert "retries 1" in shown


def test_a_worker_shows_its_shard_its_rows_and_what_it_waits_for():
    events = [started(), begun("clickstream/0", 2), copied("clickstream/0", 1500), begun("orders/1")]
    shown = frame(80, *events, seen("orders/1", "waiting for a lock"))
    assert re.search(r"\nworker 1 clickstream/0 #2 .* 50% +1,500 copying", shown)
    assert re.search(r"\nworker 2 orders/1 .* 0% +0 locked out", shown)
    assert re.search(r"clickstream/0 #2 .* copying +0:00 +pid 4242", frame(160, *events))


def test_the_live_display_says_what_limits_the_load():
    shown = frame(80, started(), begun("orders/1"), done("orders/1", 500, generate=1.0, copy=3.0)).splitlines()
    assert shown[-2].strip() == "the database is the limit: more workers will not help"
    assert shown[-1].rstrip().endswith("time: building 25%, database 75%")


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


def test_many_retries_for_one_reason_take_two_lines():
    shown = frame(100, started(), *(retried(f"clickstream/{n}", "worker died") for n in range(6)), begun("orders/1"))
    assert shown.splitlines()[:2] == [
        "clickstream/0 is tried again in 0.5 s after attempt 1: worker died",
        "for the same reason 5 more: clickstream/1, clickstream/2, clickstream/3 and others",
    ]


def test_a_resumed_load_says_what_is_there_already():
    shown = frame(80, started(resumed=True, orders=1000))
    assert "run 7 goes on: 1,000 rows in 2 shards are there already" in shown
    assert re.search(r"orders .* 100% +1,000 +before", shown)


def test_a_table_without_shards_was_not_there_before():
    begins = LoadStarted(
        run=7,
        resumed=False,
        workers=2,
        rows={"orders": 0},
        shards={"orders": 0},
        rows_done={},
        shards_done={},
        bytes={},
        local=True,
    )
    shown = frame(80, begins)
    assert re.search(r"orders .* 100% +0", shown)
    assert "before" not in shown


@pytest.mark.parametrize("events", [[LoadFinished(ok=False)], []], ids=["load", "verify"])
def test_what_is_refused_before_it_begins_leaves_nothing_on_the_screen(monkeypatch, events):
    monkeypatch.setenv("TERM", "xterm")
    out = io.StringIO()
    console = Console(file=out, width=80, height=24, force_terminal=True, highlight=False)
    with Live(out, console=console, cpus=2) as live:
        for event in events:
            live(event)
    assert "\n" not in out.getvalue()
    assert not out.getvalue().rpartition("\x1b[2K")[2].strip("\x1b[?25h")


def test_a_wide_display_shows_totals_and_shards():
    clock = FakeClock()
    tally = Tally(clock)
    live_events = [started(), begun("orders/1"), begun("orders/2"), done("orders/1", 510)]
    shown = frame(160, *live_events, tally=tally)
    assert re.search(r"orders .* 51% +510 +1,000 +1/2", shown)


@pytest.mark.parametrize("size", [(60, 20), (160, 50), (80, 12)])
def test_a_screen_that_was_resized_is_drawn_anew_with_what_was_said_last(size):
    out = io.StringIO()
    console = Console(file=out, width=80, height=24, force_terminal=True, highlight=False)
    with Live(out, console=console, tally=Tally(FakeClock())) as live:
        live(started())
        live(retried("orders/1"))
        live._live.refresh()
        before = len(out.getvalue())
        console.size = ConsoleDimensions(*size)
        live._live.refresh()
        redrawn = out.getvalue()[before:]
    assert redrawn.startswith("\x1b[H\x1b[2J")
    assert redrawn.count("tried again") == 1
    assert "\x1b[1A" not in redrawn.partition("clickstream")[0]


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


def test_a_second_list_takes_the_place_of_the_first_in_every_display():
    beginnings = (*PROVEN, VerificationStarted(checks=2, what="pictures"), CheckStarted(check="Rows"))
    out = io.StringIO()
    with Bars(out, each_table=False) as show:
        for event in beginnings:
            show(event)
        assert (show._bars["all"].n, show._bars["all"].total, show._bars["all"].desc) == (0, 2, "pictures")
    assert "pictures 0/2, at work: Rows" in frame(80, *beginnings)
    assert lines.checking(tally_of(*beginnings).checks) == "pictures 0/2, at work: Rows"


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
        (Terminal(), {"TERM": "xterm-256color", "CI": "false"}, "rich"),
        (Terminal(), {"TERM": "xterm-256color", "CI": "true"}, "plain"),
        (Terminal(), {"TERM": "dumb", "CI": "1"}, "plain"),
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
        f"import sys; from shardgen.display import display\nwith display({mode!r}): pass\n"
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
