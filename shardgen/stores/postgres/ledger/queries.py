"""The ledger's statements as they are sent: each has a name in queries.sql, and the schema's tables put into it."""

from __future__ import annotations

import functools
import re
from importlib import resources
from typing import Any, Final, LiteralString

from psycopg import Cursor, sql

from shardgen.stores.postgres.postgres import Connection

RELATIONS: Final = ("shardgen_runs", "shardgen_targets", "shardgen_shards", "shardgen_steps", "shardgen_failures")
"""The tables that a ledger consists of."""
_NAME: Final = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_COMMENT: Final = re.compile(r"^--.*\n", re.MULTILINE)
_SINCE: Final[LiteralString] = """coalesce((to_jsonb(t) ->> 'since')::integer,
    CASE WHEN coalesce(to_jsonb(t) ->> 'others', '0') = '0' THEN t.generation ELSE 1 END)"""
_LEAF: Final[LiteralString] = "replace(split_part(split_part(shard, '/', 2), '.', 1), '-', '_')"


def text(statement: LiteralString, schema: str) -> sql.Composed:
    """A statement with the names that queries.sql explains put in."""
    names = {name.removeprefix("shardgen_"): sql.Identifier(schema, name) for name in RELATIONS}
    return sql.SQL(statement).format(**names, since=sql.SQL(_SINCE), leaf=sql.SQL(_LEAF))


def run(connection: Connection, schema: str, name: str, **parameters: Any) -> Cursor[Any]:
    """Execute a named statement."""
    return connection.execute(_sent(name, schema), parameters)


@functools.lru_cache(maxsize=256)
def _sent(name: str, schema: str) -> bytes:
    """A named statement as psycopg takes it: a stream has some of them in each transaction."""
    return text(named()[name], schema).as_bytes()


@functools.cache
def named() -> dict[str, LiteralString]:
    """The statements of queries.sql by name."""
    _, *found = _NAME.split(file("queries.sql"))
    return dict(zip(found[::2], map(bare, found[1::2]), strict=True))


def file(*path: str) -> str:
    """The text of a file beside this one."""
    return resources.files(__package__).joinpath(*path).read_text(encoding="utf-8")


def bare(statement: str) -> LiteralString:
    """A statement of ours without the comment above it, which the server need not hear."""
    return _COMMENT.sub("", statement).strip()
