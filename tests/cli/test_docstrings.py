"""The examples in the docstrings of ``import shardgen`` are true, in the order of a reader: load before verify."""

from __future__ import annotations

import doctest
import os

import pytest

import shardgen
from shardgen import api
from shardgen.api import asked, dirty, loads

MODULES = (loads, asked, dirty)


@pytest.fixture(autouse=True)
def _only_a_target(tmp_path, monkeypatch, database):
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("SHARDGEN_", "POSTGRES_", "PG")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SHARDGEN_DSN", database.dsn)


@pytest.mark.slow
def test_the_examples_run_as_they_stand_and_none_is_skipped():
    told = [doctest.testmod(module) for module in MODULES]
    assert not any(each.failed for each in told)
    assert sum(each.attempted for each in told) > 10
    examples = [example for test in _found() for example in test.examples]
    assert not [example.source for example in examples if example.options.get(doctest.SKIP)]


def test_every_function_that_is_public_has_an_example():
    shown = {test.name.rpartition(".")[2] for test in _found() if test.examples}
    assert {name for name in shardgen.__all__ if name in api.__all__} <= shown


def _found() -> list[doctest.DocTest]:
    return [test for module in MODULES for test in doctest.DocTestFinder().find(module)]
