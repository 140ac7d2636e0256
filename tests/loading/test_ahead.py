"""Workers that get ready before the claim: what they tell is used, and what they do not tell is made here."""

import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

from shardgen.errors import TargetError
from shardgen.loading.engines.processes import Processes
from shardgen.loading.engines.threads import Threads
from tests import fakes
from tests.loads import ROOT

CUSTOMERS = fakes.plan_config(tables=("customers",))
LOADS = """
import sys
import shardgen
assert shardgen.load(profile="demo", tables="customers", dsn=sys.argv[1], workers=2)
print("faker" in sys.modules)
"""


def test_a_coordinator_does_without_faker(database):
    """Its import and the digest of its words would cost 0.3 s before the first row."""
    ran = subprocess.run(
        [sys.executable, "-c", LOADS, database.dsn], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[-1] == "False"


@dataclass(frozen=True)
class Dies:
    """A digest of which every worker dies, and the coordinator does not."""

    coordinator: int

    def __call__(self, seed: int) -> str:
        if os.getpid() != self.coordinator:
            os._exit(7)
        return fakes.words_digest(seed)


def test_a_worker_that_dies_before_the_claim_costs_no_shard_an_attempt(database):
    machinery = fakes.machinery(engine=Processes, words_digest=Dies(os.getpid()))
    report = fakes.load(database.dsn, CUSTOMERS, machinery=machinery)
    assert report.ok
    assert report.retries == 0


def test_no_worker_is_left_where_the_claim_is_refused(database):
    fakes.load(database.dsn, CUSTOMERS)
    engine = Watched()
    with pytest.raises(TargetError):
        fakes.load(database.dsn, CUSTOMERS, machinery=fakes.machinery(engine=lambda: engine))
    assert (engine.started, engine.running) == (1, False)


class Watched(Threads):
    """An engine that counts."""

    started = 0
    running = False

    def start(self, *how):
        self.started += 1
        executor = super().start(*how)
        self.running = True
        return executor

    def close(self):
        super().close()
        self.running = False
