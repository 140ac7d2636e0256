"""A bug in the build of a shard: named, tried again, given up; the others finish, and the fix needs no more than it."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.faults.conftest import holds
from tests.loads import ROOT, VOLUME, WORLD, clean_environment

SHARD = "clickstream/2025-12-17"
PLANTED = "tests.faults.planted"


def test_a_shard_with_a_bug_is_given_up_by_name_and_done_alone_when_mended(program, database, reference):
    run = program(*WORLD, *VOLUME, "--workers", "2", module=PLANTED, SHARDGEN_TEST_BUG=SHARD)
    code, output = run.wait()
    assert code == 1, output
    assert f"shard='{SHARD}' failed at attempt=5: ZeroDivisionError: planted by the test" in output
    assert "load --resume" in output
    assert "Traceback" not in output
    status = shardgen("status", "--dsn", database.dsn, "--json")
    (told,) = json.loads(status)
    clicks = next(table for table in told["tables"] if table["table"] == "clickstream")
    assert (told["state"], clicks["failed"], clicks["pending"]) == ("failed", 1, 0)
    assert "planted by the test" in clicks["last_error"]
    before = database.value("SELECT count(*) FROM bronze.shardgen_shards")
    code, output = program("--resume", module=PLANTED).wait()
    assert code == 0, output
    assert database.value("SELECT count(*) FROM bronze.shardgen_shards") == before + 1
    holds(database, reference)


def test_verbose_shows_the_workers_traceback_and_what_it_logged(program, database):
    run = program(*WORLD, "--verbose", "--workers", "1", module=PLANTED, SHARDGEN_TEST_BUG="customers/000000000000")
    code, output = run.wait()
    assert code == 1, output
    assert "WARNING planted: about to fail after batch 0" in output
    assert 'raise ZeroDivisionError("planted by the test")' in output


def shardgen(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "shardgen", *words],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
