"""Values that are refused, whoever asks: each check names the value and the remedy."""

from __future__ import annotations

import re
from datetime import date
from difflib import get_close_matches
from typing import Any

from shardgen.errors import ConfigError, Given, Text, Use
from shardgen.model.choices import CATALOG, NAMESPACE, PUBLICATIONS, RAW_DATA_FORMS


def check_schema(name: str, option: str = "schema") -> None:
    """Raise ConfigError unless the name can be that of a schema; whatever must be quoted is."""
    if not name or "\x00" in name or len(name.encode()) > 63:
        raise ConfigError(Given(option, name), " is not a PostgreSQL name", remedy="use 1 to 63 bytes")
    if "%" in name:
        told = " holds a '%', which the driver takes for a placeholder"
        raise ConfigError(Given(option, name), told, remedy="use another name")


def check_raw_data_as(form: str, format_: str) -> None:
    """Raise ConfigError unless raw_data of files of the format can be of the form."""
    check_choice("raw_data_as", form, RAW_DATA_FORMS)
    if form != RAW_DATA_FORMS[0] and format_ not in ("", "parquet"):
        told = f" is for files of Parquet: {format_} has one form of raw_data"
        raise ConfigError(
            Given("raw_data_as", form), told, remedy=Text("leave it out, or use ", Use("format", "parquet"))
        )


def check_publication(publish: str, format_: str, catalog: str, namespace: str) -> None:
    """Raise ConfigError unless files of the format can be committed so."""
    check_choice("publish", publish, PUBLICATIONS)
    if publish != "none" and format_ != "parquet":
        remedy = Text("use ", Use("format", "parquet")) if format_ else Text("name a lake by ", Use("target"))
        raise ConfigError(Given("publish", publish), " is for files of Parquet", remedy=remedy)
    check_catalog(catalog)
    if not namespace or not all(part.isidentifier() for part in namespace.split(".")):
        told = " is no namespace of a catalog"
        raise ConfigError(
            Given("namespace", namespace), told, remedy="use letters, digits and _, parts joined by points"
        )
    for name, value, usual in (("catalog", catalog, CATALOG), ("namespace", namespace, NAMESPACE)):
        if publish != "iceberg" and value != usual:
            remedy = Text("add ", Use("publish", "iceberg"), ", or leave it out")
            raise ConfigError(Given(name, value), " is for Iceberg tables", remedy=remedy)


def check_catalog(catalog: str) -> None:
    """Raise ConfigError unless a catalog is a name, or an address that may be shown; nothing of it is repeated."""
    scheme, mark, rest = catalog.partition("://")
    if not mark and not re.fullmatch(r"[A-Za-z][\w-]*", catalog):
        remedy = "use the name of a catalog in pyiceberg's configuration, or an address: http://..., sqlite:///..."
        raise ConfigError(Text(Use("catalog"), " is neither a name nor an address"), remedy=remedy)
    if mark and (not scheme or {"@", "?", "#"} & set(rest)):
        told = " holds more than a place, and it is shown in messages and records"
        remedy = "name the catalog, and put its address into PYICEBERG_CATALOG__NAME__URI or ~/.pyiceberg.yaml"
        raise ConfigError(Text(Use("catalog"), told), remedy=remedy)


def check_window(epoch: date, end: date) -> None:
    """Raise ConfigError unless the window has a day in it."""
    if end <= epoch:
        window = (Given("end", end), " is not after ", Given("epoch", epoch))
        raise ConfigError(*window, remedy=Text("move ", Use("end"), " or ", Use("epoch")))


def check_since(since: date, epoch: date, end: date) -> None:
    """Raise ConfigError unless a window that begins on a day lies in the history up to its end."""
    if since < epoch:
        raise ConfigError(Given("since", since), f" lies before the epoch, {epoch}", remedy="move it")
    if since >= end:
        raise ConfigError(Given("since", since), " is not before ", Given("end", end), remedy="move either")


def check_range(name: str, value: Any, low: Any, high: Any) -> None:
    """Raise ConfigError unless low <= value <= high (which no NaN is)."""
    if not low <= value <= high:
        raise ConfigError(Given(name, value), " is out of range", remedy=f"use {low} to {high}")


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise ConfigError unless value is one of the choices."""
    if value not in choices:
        near = get_close_matches(value, choices, n=1, cutoff=0.7)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise ConfigError(Given(name, value), " is unknown", remedy=f"choose from {', '.join(choices)}{hint}")
