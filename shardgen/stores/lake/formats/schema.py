"""The columns of a file: what type of Arrow each form is, and which a table has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from shardgen.model.shape import Field, Form, Items, Object, form_of
from shardgen.model.table import Table
from shardgen.model.types import JSON, Type

TEXTS: Final = frozenset({"text", "varchar", "json"})


def fields_of(table: Table, raw_data: str, raw_data_as: str) -> Mapping[str, Field]:
    """The columns of a table's files.

    Args:
        table: any.
        raw_data: ``--raw-data``.
        raw_data_as: ``--raw-data-as``: with ``json``, all columns of JSON are text.
    """
    found = {}
    for column in table.columns:
        form = JSON if column.json and raw_data_as == "json" else form_of(table, column, raw_data)
        always = column.not_null or (column.name == "raw_data" and isinstance(form, Object))
        found[column.name] = Field(form, "never" if always else "null")
    return found


def arrow_field(name: str, field: Field, type_: Any = None) -> Any:
    """A column as Arrow has it.

    Args:
        name: of it.
        field: its form, and whether a value may be missing.
        type_: where a column of text has another type of Arrow.
    """
    optional = field.missing != "never"
    return pa.field(name, type_ or arrow_type(field.form, optional=optional), nullable=optional)


def member_field(name: str, field: Field, type_: Any, *, optional: bool) -> Any:
    """A member as Arrow has it: one of an object that may be missing may be so, too.

    What is always there is written without a level for it, which takes a tenth of the time.
    """
    return pa.field(name, type_, nullable=optional or field.missing != "never")


def arrow_type(form: Form, *, optional: bool = False) -> Any:
    """A form as Arrow has it.

    Args:
        form: any.
        optional: whether a value may be missing.
    """
    if isinstance(form, Object):
        return pa.struct([_member(name, field, optional=optional) for name, field in form.fields.items()])
    if isinstance(form, Items):
        return pa.list_(item_field(arrow_type(form.item)))
    return pa.string() if form.name in TEXTS else number_type(form)


def _member(name: str, field: Field, *, optional: bool) -> Any:
    optional = optional or field.missing != "never"
    return member_field(name, field, arrow_type(field.form, optional=optional), optional=optional)


def item_field(type_: Any) -> Any:
    """The elements of lists, none of which is null."""
    return pa.field("element", type_, nullable=False)


def number_type(type_: Type) -> Any:
    """The type of a column that is no text."""
    if type_.name == "decimal":
        return pa.decimal128(type_.length, type_.places)
    makers = {"timestamp": lambda: pa.timestamp("us"), "date": pa.date32, "boolean": pa.bool_}
    makers |= {"integer": pa.int32, "bigint": pa.int64, "serial": pa.int64}
    return makers[type_.name]()
