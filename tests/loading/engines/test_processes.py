"""The engine that is the default."""

from __future__ import annotations

from shardgen.loading.engines import default_engine
from shardgen.loading.engines.processes import Processes
from tests.loading.engines.contract import Mortal


class TestProcesses(Mortal):
    make = Processes


def test_a_load_has_processes_unless_told():
    assert isinstance(default_engine(), Processes)
