"""Runs the models without dbt: ``python run.py --dsn postgresql://... [--bronze SCHEMA] [--silver SCHEMA]``.

It knows as much of dbt as they use: ``source``, ``ref``, ``target.schema`` and macros. Needs jinja2 and psycopg.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from types import SimpleNamespace

import jinja2
import psycopg

HERE = Path(__file__).parent


def main() -> None:
    """Make the silver tables anew."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--dsn", default=os.environ.get("SHARDGEN_DSN", ""))
    arguments.add_argument("--bronze", default="bronze")
    arguments.add_argument("--silver", default="silver")
    given = arguments.parse_args()
    with psycopg.connect(given.dsn, autocommit=True) as connection:
        for statement in statements(given.bronze, given.silver):
            connection.execute(statement.encode())


def statements(bronze: str, silver: str) -> Iterator[str]:
    """All of them, in order."""
    macros = "".join(file.read_text() for file in sorted((HERE / "macros").glob("*.sql")))
    names = {
        "source": lambda _, table: f"{bronze}.{table}",
        "ref": lambda model: f"{silver}.{model}",
        "target": SimpleNamespace(schema=silver),
    }
    models = {file.stem: file.read_text() for file in (HERE / "models").rglob("*.sql")}
    yield _rendered(macros + "{{ make_functions() }}", names)
    for name in TopologicalSorter({name: _refs(text) for name, text in sorted(models.items())}).static_order():
        made = _rendered(macros + models[name], names)
        yield f"drop table if exists {silver}.{name}; create table {silver}.{name} as {made}"


def _refs(model: str) -> set[str]:
    return set(re.findall(r"ref\('(\w+)'\)", model))


def _rendered(text: str, names: dict[str, object]) -> str:
    return jinja2.Template(text, undefined=jinja2.StrictUndefined).render(names)


if __name__ == "__main__":
    main()
