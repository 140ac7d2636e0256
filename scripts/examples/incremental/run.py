"""Runs models and snapshots without dbt: ``python run.py --dsn postgresql://... [--bronze SCHEMA] [--silver SCHEMA]``.

It knows as much of dbt as they use: ``config``, ``source``, ``ref``, ``var``, ``this``, ``is_incremental``, macros, and
snapshots by timestamp. What it writes is what dbt-postgres writes. Needs jinja2 and psycopg.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import jinja2
import psycopg

HERE = Path(__file__).parent
MERGED = """
    delete from {table} where {key} in (select {key} from fresh);
    insert into {table} select * from fresh
"""
SNAPSHOT = """
    select md5(coalesce({key}::text, '') || '|' || coalesce({at}::text, '')) as dbt_scd_id, {at} as dbt_updated_at,
        {at} as dbt_valid_from, null::timestamp as dbt_valid_to, seen.*
    from ({query}) as seen
"""
SEEN_ANEW = """
    delete from fresh using {table} as old
    where old.{key} = fresh.{key} and old.dbt_valid_to is null and old.dbt_valid_from >= fresh.dbt_valid_from;
    update {table} as old set dbt_valid_to = fresh.dbt_valid_from
    from fresh where old.{key} = fresh.{key} and old.dbt_valid_to is null;
    insert into {table} select * from fresh
"""


def main() -> None:
    """Bring models and snapshots up to what bronze holds."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--dsn", default=os.environ.get("SHARDGEN_DSN", ""))
    arguments.add_argument("--bronze", default="bronze")
    arguments.add_argument("--silver", default="silver")
    arguments.add_argument("--vars", type=json.loads, default={}, help='as in dbt: \'{"lag": "1 day"}\'')
    arguments.add_argument("--full-refresh", action="store_true", help="make the models anew; snapshots stay")
    given = arguments.parse_args()
    with psycopg.connect(given.dsn) as connection:
        connection.execute(f"create schema if not exists {given.silver}".encode())
        for file in _in_order():
            _bring_forward(connection, file, given)


def _in_order() -> list[Path]:
    """Models after those that they refer to, then snapshots."""
    models = {file.stem: file for file in sorted((HERE / "models").glob("*.sql"))}
    needs = {name: set(re.findall(r"ref\('(\w+)'\)", file.read_text())) for name, file in models.items()}
    return [*(models[name] for name in TopologicalSorter(needs).static_order()), *sorted(HERE.glob("snapshots/*.sql"))]


def _bring_forward(connection: psycopg.Connection[Any], file: Path, given: argparse.Namespace) -> None:
    table = f"{given.silver}.{file.stem}"
    snapshot = file.parent.name == "snapshots"
    found = connection.execute("select to_regclass(%s) is not null", [table]).fetchone()
    there = bool(found and found[0]) and (snapshot or not given.full_refresh)
    query, config = _rendered(file.read_text(), table, given, there=there)
    names = {"table": table, "key": config["unique_key"], "at": config.get("updated_at"), "query": query}
    fresh = SNAPSHOT.format(**names) if snapshot else query
    if not there:
        _run(connection, f"drop table if exists {table}; create table {table} as {fresh}")
        return
    _run(connection, f"create temporary table fresh as {fresh}")
    _run(connection, (SEEN_ANEW if snapshot else MERGED).format(**names) + "; drop table fresh")


def _run(connection: psycopg.Connection[Any], statements: str) -> None:
    connection.execute(statements.encode())


def _rendered(text: str, table: str, given: argparse.Namespace, *, there: bool) -> tuple[str, dict[str, str]]:
    """The query of a model or snapshot, and its config."""
    macros = "".join(file.read_text() for file in sorted((HERE / "macros").glob("*.sql")))
    config: dict[str, str] = {}
    names = {
        "config": lambda **said: config.update(said) or "",
        "source": lambda _, relation: f"{given.bronze}.{relation}",
        "ref": lambda model: f"{given.silver}.{model}",
        "var": given.vars.get,
        "this": table,
        "is_incremental": lambda: there,
    }
    query = re.sub(r"{% (end)?snapshot.*? %}", "", text)
    return jinja2.Template(macros + query, undefined=jinja2.StrictUndefined).render(names), config


if __name__ == "__main__":
    main()
