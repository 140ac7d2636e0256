"""What an output of the manual may differ in, and what it may not."""

from __future__ import annotations

import pytest

from scripts.masks import masked

LOAD = """\
[   0:01] run 1 begins: 150,527 rows in 13 shards, 2 workers
[   0:05] 59%, 88,000 of 150,527 rows, shards 0/13, 28,273 rows/s (24.5 MiB/s), 0:03 left
[   0:10] analyze raw_clickstream: 1.73 s
[   0:11] finished: 100%, 152,481 of 152,481 rows, shards 13/13

table            rows     COPY   on disk  shards  worker time  rows/s
─────────────────────────────────────────────────────────────────────
raw_customers   1,000  938 KiB   1.1 MiB       1       0.12 s   8,000
raw_orders      1,800  2.6 MiB   4.4 MiB       3       0.24 s   7,627

all             2,800  3.5 MiB   5.5 MiB       4       0.36 s
run 1 into schema demo: 2.29 s, 66,713 rows/s with 2 workers
workers' time: copy 37%, building rows 33%, index 14%
"""
STATUS = "run 1: finished  started 2026-11-26 13:25:27, finished 2026-11-26 13:25:39\n"
LOG = '{"at": "2026-11-26T13:29:49.117586Z", "event": "Began", "pid": 29434, "shardgen": "0.1.0", "data": 2}\n'
PLAN = """\
table            rows     COPY      heap   indexes   on disk  shards  parts
───────────────────────────────────────────────────────────────────────────
customers       1,000  938 KiB   1.0 MiB  88.0 KiB   1.1 MiB       1

time    about 25 s with 2 workers: 41% of it building rows, 59% in the database,
        on 2 CPUs that they share with the server
disk    76.8 GiB free in ~/.local/share/shardgen/postgres
"""


@pytest.mark.parametrize(
    ("text", "one", "another"),
    [
        (LOAD, "0.12 s   8,000", "12.3 s     720"),
        (LOAD, "1.1 MiB       1", "992 KiB       1"),
        (LOAD, "[   0:10] analyze raw_clickstream: 1.73 s\n", ""),
        (LOAD, "[   0:05] 59%", "[  10:05] 60%"),
        (LOAD, "2.29 s, 66,713 rows/s", "1:02 min, 70 rows/s"),
        (LOAD, "copy 37%, building rows 33%", "building rows 40%, copy 31%"),
        (STATUS, "13:25:39", "13:25:40"),
        (LOG, "29434", "7"),
        (LOG, "0.1.0", "1.0.0rc1"),
        (LOG, "2026-11-26T13:29:49.117586Z", "2027-01-01T00:00:00.000001Z"),
        (PLAN, "25 s with 2", "1:20 min with 2"),
        (PLAN, "database,\n        on 2 CPUs", "database, on\n        2 CPUs"),
        (PLAN, "76.8 GiB", "910 MiB"),
        (PLAN, "table     ", "building some rows, and asking the target ...\ntable     "),
    ],
)
def test_what_depends_on_the_run_or_the_machine_may_differ(text, one, another):
    assert one in text
    assert masked(text.replace(one, another)) == masked(text)


@pytest.mark.parametrize(
    ("text", "one", "another"),
    [
        (LOAD, "1,800", "1,801"),
        (LOAD, "152,481 of", "152,482 of"),
        (LOAD, "150,527 rows in", "150,516 rows in"),
        (LOAD, "2.6 MiB", "2.7 MiB"),
        (LOAD, "raw_orders", "raw_order"),
        (LOAD, "13/13", "12/13"),
        (LOAD, "       3 ", "       4 "),
        (LOAD, "into schema demo", "into schema bronze"),
        (STATUS, "run 1: finished", "run 1: failed"),
        (LOG, '"data": 2', '"data": 3'),
        (PLAN, "1.0 MiB", "1.1 MiB"),
        (PLAN, "88.0 KiB   1.1 MiB", "88.0 KiB   1.2 MiB"),
        ("review_date  2025-01-05 11:00:11.304096", "11.304096", "11.304097"),
        ("total_amount  61.41", "61.41", "61.42"),
        ('{"ok": true}', "true", "false"),
    ],
)
def test_what_follows_from_options_and_seed_may_not(text, one, another):
    assert one in text
    assert masked(text.replace(one, another)) != masked(text)


@pytest.mark.parametrize("heading", ["worker time", "rows/s"])
def test_a_sentence_below_a_table_is_no_measurement_wherever_it_ends(heading):
    header = next(line for line in LOAD.splitlines() if heading in line)
    end = header.index(heading) + len(heading)
    assert "plan agrees with".ljust(end, "!") in masked(f"{LOAD}{'plan agrees with'.ljust(end, '!')}\n")
