"""PostgreSQL's SQL as DuckDB reads it: what the two spell in different ways. What they name in different ways is in
postgres.sql, as macros.

Laws, shapes and queries are written once, in what both understand, and these few spellings make up the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

_SPELLINGS: Final = (
    (re.compile(r"\bjsonb_array_elements\(([^()]*)\)"), r"""unnest(from_json(\1, '["JSON"]'))"""),
    # of spoilt rows, a list that may be none
    (
        re.compile(r"\bjsonb_array_elements\((CASE jsonb_typeof\([^()]*\) WHEN [^()]* END)\)"),
        r"""unnest(from_json(\1, '["JSON"]'))""",
    ),
    (re.compile(r"::jsonb\b"), "::JSON"),
    (re.compile(r"\bjsonb_each_text\(([^()]*)\)"), r"json_pairs(\1)"),
    (re.compile(r"([\w.]+) \? ('[^']*'|\w+)"), r"jsonb_exists(\1, \2)"),
    (re.compile(r"([\w.]+) \?& (ARRAY\[[^]]*\])"), r"jsonb_exists_all(\1, \2)"),
    # DuckDB's numeric has three places; products of two of these still have all of theirs
    (re.compile(r"::numeric\b(?!\()"), "::DECIMAL(28, 8)"),
    (re.compile(r"%\((\w+)\)s"), r"$\1"),
    (re.compile(r"%%"), "%"),
)
_PARAMETER: Final = re.compile(r"\$(\w+)")


def spelled(statement: str) -> str:
    """A statement as DuckDB takes it, parameters as ``$name``."""
    for pattern, replacement in _SPELLINGS:
        statement = pattern.sub(replacement, statement)
    return statement


def used(statement: str, parameters: Mapping[str, object]) -> dict[str, Any]:
    """Those of the parameters that a spelled statement has; DuckDB takes no others."""
    return {name: parameters[name] for name in _PARAMETER.findall(statement) if name in parameters}


def macros(*, typed: bool) -> str:
    """What defines PostgreSQL's functions.

    Args:
        typed: whether JSON comes out of typed members, where a key that is absent is a null.
    """
    text = resources.files(__package__).joinpath("postgres.sql").read_text(encoding="utf-8")
    return text.replace("{value}", "->>" if typed else "->")
