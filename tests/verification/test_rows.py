"""What a verification is made of, without a database: statements, keys, and rows of binary COPY compared."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from shardgen.display.checks import verification_table
from shardgen.errors import ConfigError
from shardgen.model.choices import LEVELS
from shardgen.model.keys import CUSTOMER
from shardgen.model.plan import Shard
from shardgen.page import measure
from shardgen.stores import apart
from shardgen.stores.postgres import keys
from shardgen.tables import dataset
from shardgen.tables.planning import build_plan
from shardgen.verification import laws, rows, shape, statements
from shardgen.verification.outcome import Check, Status, Verification
from shardgen.verification.verifier import Request
from tests.worlds import TABLES, shard_bytes, small

STATEMENTS = [*statements.read(dataset().laws), *statements.read(dataset().shapes)]
CONFIG = small(customers=30, products=20, orders_per_day=3, sessions_per_day=4)


def shard_of(table: str) -> Shard:
    return next(shard for shard in build_plan(CONFIG).of(table) if shard.rows)


@cache
def rows_of(table: str) -> tuple[bytes, ...]:
    return tuple(apart.rows([shard_bytes(CONFIG, shard_of(table))]))


def compare(table: str, planned: Iterable[bytes], found: Iterable[bytes]) -> rows.Differences:
    return rows.compare(dataset()[table].table, iter(planned), iter(found))


def test_laws_and_shapes_are_all_there_by_number():
    names = [each.name for each in STATEMENTS]
    assert names == [
        *(f"L{number}" for number in range(1, 27)),
        *(each.name for each in statements.read(dataset().shapes)),
    ]
    assert set(laws.SLOWEST) <= set(names)


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda each: each.name)
def test_a_statement_needs_the_tables_that_it_reads(statement):
    read = {name for name in re.findall(r"\braw_([a-z]+?)(?:_versions)?\b", statement.text) if name != "data"}
    assert statement.rows.keys() == read
    assert "raw_data" in statement.text or not statement.raw_data


@pytest.mark.parametrize("statement", [*STATEMENTS, *measure.queries()], ids=lambda each: each.name)
def test_a_statement_names_tables_only_where_it_can_be_made_to_read_their_own_rows_alone(statement):
    named = re.findall(r"\braw_(?!data\b)\w+", statement.text)
    assert named == re.findall(r"\b(?:FROM|JOIN) (raw_\w+)", statement.text)


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda each: each.name)
def test_a_statement_asks_for_parameters_that_there_are(statement):
    known = {"end", "epoch", "warehouses"} | (shape.words().keys() if statement.name.startswith("S") else set())
    assert set(re.findall(r"%\((\w+)\)s", statement.text)) <= known


@pytest.mark.parametrize("table", TABLES)
def test_fields_make_up_their_row_and_keys_rise(table):
    found = rows_of(table)
    for row in found:
        fields = apart.fields(row)
        assert len(fields) == len(dataset()[table].table.columns)
        assert 2 + sum(4 + len(field or b"") for field in fields) == len(row)
    numbers = [keys.number_in(dataset()[table].table, apart.fields(row)[0]) for row in found]
    assert numbers == sorted(set(numbers))


@given(st.data())
def test_a_stream_cut_anywhere_has_the_same_rows(data):
    whole = shard_bytes(CONFIG, shard_of("orders"))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=9)))
    blocks = [whole[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert tuple(apart.rows(blocks)) == rows_of("orders")


@pytest.mark.parametrize("table", TABLES)
@settings(max_examples=30)
@given(data=st.data())
def test_a_single_changed_byte_is_found_and_its_row_and_column_named(table, data):
    planned = rows_of(table)
    at = data.draw(st.integers(0, len(planned) - 1))
    fields = apart.fields(planned[at])
    column = data.draw(st.sampled_from([n for n in range(1, len(fields)) if fields[n]]))
    place = 2 + sum(4 + len(field or b"") for field in fields[:column]) + 4 + len(fields[column] or b"") - 1
    row = bytearray(planned[at])
    row[place] ^= 1
    told = compare(table, planned, [*planned[:at], bytes(row), *planned[at + 1 :]])
    assert (told.changed, told.missing, told.additional) == (1, 0, 0)
    key = keys.shown(dataset()[table].table, fields[0])
    assert told.samples[0].startswith(f"row {key}: {dataset()[table].table.columns[column].name} is ")


def test_rows_that_are_missing_or_not_planned_are_named():
    planned = rows_of("orders")
    told = compare("orders", planned, planned[1:])
    assert (told.changed, told.missing, told.additional) == (0, 1, 0)
    assert told.samples == ("row ORD0000000001 is missing",)
    told = compare("orders", planned[:-1], planned)
    assert (told.changed, told.missing, told.additional) == (0, 0, 1)
    stray = planned[0].replace(b"ORD0000000001", b"ORDER00000001", 1)
    told = compare("orders", planned, [*planned[1:], stray])
    assert (told.changed, told.missing, told.additional) == (0, 1, 1)
    assert told.samples[1] == "row ORDER00000001 is not planned"
    assert compare("orders", planned, planned).samples == ()


def test_a_shard_of_wide_ids_is_a_range_for_each_width():
    shard = replace(shard_of("customers"), start=99_999_990, stop=100_000_010)
    assert list(CUSTOMER.ranges(*keys.bounds(shard))) == [
        ("CUST99999991", "CUST99999999"),
        ("CUST100000000", "CUST100000010"),
    ]
    assert keys.bounds(replace(shard_of("reviews"), start=2, stop=4)) == (17, 33)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"level": "law"}, "level='law' is unknown"),
        ({"workers": 0}, "workers=0 is out of range"),
    ],
)
def test_a_bad_request_is_refused(asked, text):
    with pytest.raises(ConfigError, match=text):
        Request(**asked)


def test_the_table_lists_every_check_and_samples_of_what_failed():
    def check(level: str, name: str, status: Status, finding: str, *samples: str) -> Check:
        return Check(level=level, name=name, about="about it", status=status, finding=finding, samples=samples)

    report = Verification(
        target="host=db",
        schema="bronze",
        runs=(3,),
        levels=("counts", "laws"),
        ok=False,
        regenerated=False,
        seconds=61.0,
        checks=(
            check("counts", "orders", Status.HELD, "7 rows"),
            check("laws", "L1", Status.FAILED, "1 offender", "stock is negative: 7"),
            check("laws", "L2", Status.NOT_APPLICABLE, "table orders was not loaded"),
        ),
    )
    console = Console(file=io.StringIO(), width=80, record=True)
    console.print(verification_table(report))
    assert [" ".join(line.split()) for line in console.export_text().splitlines()] == [
        "counts", "held orders about it 7 rows", "", "laws", "FAILED L1 about it 1 offender",
        "n/a L2 about it table orders was not loaded", "L1: stock is negative: 7", "",
        "run 3 in schema bronze of host=db: 1:01 min", "1 held, 1 failed, 1 not applicable",
    ]  # fmt: skip
    assert json.loads(json.dumps(report.to_json()))["checks"][1]["status"] == "failed"


def test_all_is_every_level():
    assert Request().levels == LEVELS[:-1]
