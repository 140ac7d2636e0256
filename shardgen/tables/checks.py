"""What a table of another package must be, so that a load, a verification and a forecast can trust it like the others.

Each check yields what is wrong as what follows the table's name in a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from shardgen.model.choices import RAW_DATA_MODES
from shardgen.model.table import COMMON
from shardgen.model.types import NAMES
from shardgen.tables.spec import ByIds, ByLeaves, Dataset, TableSpec
from shardgen.tables.statements import parse

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")  # with the name of a partition's index it stays below 63


def faults(spec: Any, name: str, shop: Dataset) -> Iterator[str]:
    """All that is wrong with a table.

    Args:
        spec: what its package gives.
        name: of its entry point.
        shop: the tables that are there without it.
    """
    if not isinstance(spec, TableSpec):
        yield f"is no TableSpec but of type {type(spec).__name__}"
        return
    if spec.name != name:
        yield f"calls itself {spec.name!r}, not as its entry point does"
    if not _NAME.fullmatch(spec.name) or spec.name.startswith("raw_"):
        yield "has a name that is not of up to 40 small letters, digits and underscores, without raw_ before it"
    for check in _CHECKS:
        yield from check(spec, shop)


def faults_of_dataset(found: Any, name: str) -> Iterator[str]:
    """All that is wrong with a dataset, by the name of its entry point."""
    if not isinstance(found, Dataset):
        yield f"is no Dataset but of type {type(found).__name__}"
        return
    if found.name != name:
        yield f"calls itself {found.name!r}, not as its entry point does"
    if not found.tables or len(set(found.names)) < len(found.names):
        yield "has no table, or two of one name"
    for spec in found.tables:
        for check in (_columns, _keys, _sizes):
            for fault in check(spec, found):
                yield f"has table={spec.name}, which {fault}"
    for file in (*found.laws, *found.shapes):
        try:
            parse(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            yield f"has a law or shape that cannot be read: {error}"


def _relations(spec: TableSpec, shop: Dataset) -> Iterator[str]:
    taken = {name for each in shop.tables for name in (each.table.relation, each.table.latest)}
    taken |= {each.view.name for each in shop.tables if each.view}
    divided = tuple(f"{each.table.relation}_" for each in shop.tables if each.table.partitioned)
    for relation in (spec.table.relation, *([spec.view.name] if spec.view else [])):
        if relation in taken or relation.startswith(divided):
            yield f"takes relation={relation}, a name of shardgen's own"


def _columns(spec: TableSpec, _: Dataset) -> Iterator[str]:
    there = [column.name for column in spec.table.columns]
    for column in spec.table.columns:
        if column.type.name not in NAMES:
            yield f"has column={column.name} of the unknown type {column.type.name!r}: use {', '.join(NAMES)}"
    if tuple(there[-len(COMMON) :]) != COMMON:
        yield f"does not end with the columns {', '.join(COMMON)}, as bronze_table makes it"
    used = {*spec.table.key, *(index.column for index in spec.table.indexes), spec.table.partition_by or there[0]}
    for name in sorted(used - set(there)):
        yield f"has no column={name}, which its key, an index or its partitions name"


def _keys(spec: TableSpec, _: Dataset) -> Iterator[str]:
    numbers, divided = spec.table.space.ids is None, spec.table.partitioned
    if numbers and spec.greatest is None:
        yield "has keys that are numbers, and does not tell the greatest one"
    if numbers and not divided:
        yield "has keys that are numbers, and no partitions that would tell its shards apart"
    if isinstance(spec.cut, ByIds if divided else ByLeaves):
        yield "is cut by leaves without being partitioned, or the other way round"


def _sizes(spec: TableSpec, _: Dataset) -> Iterator[str]:
    for mode in RAW_DATA_MODES:
        if mode not in spec.sizes.copy or mode not in spec.sizes.heap:
            yield f"does not tell how large a row is with raw_data {mode!r}"
    ordered = {"pkey", *(index.column for index in spec.table.indexes if index.kind == "order")}
    inverted = {index.column for index in spec.table.indexes if index.kind != "order"}
    for name in sorted((ordered - spec.sizes.indexes.keys()) | (inverted - spec.sizes.inverted.keys())):
        yield f"does not tell how large its index {name} is"


def _laws(spec: TableSpec, _: Dataset) -> Iterator[str]:
    for file in spec.laws:
        try:
            law = parse(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            yield f"has a law that cannot be read: {error}"
            continue
        if not re.fullmatch(rf"{spec.name}\.L\d+", law.name):
            yield f"has a law of the name {law.name!r}: call it {spec.name}.L1"
        if spec.name not in law.rows:
            yield f"has law {law.name}, which does not need {spec.name}: it would never be asked"


_CHECKS: Final[tuple[Callable[[TableSpec, Dataset], Iterator[str]], ...]] = (_relations, _columns, _keys, _sizes, _laws)
