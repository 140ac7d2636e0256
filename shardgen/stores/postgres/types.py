"""How PostgreSQL spells the logical types of columns."""

from __future__ import annotations

from typing import Final

from shardgen.model.types import Type

_SPELLED: Final = {"serial": "bigserial", "json": "jsonb", "decimal": "numeric"}


def spelled(type_: Type) -> str:
    """The type as CREATE TABLE has it: ``"numeric(10,2)"``."""
    name = _SPELLED.get(type_.name, type_.name)
    if type_.name == "decimal":
        return f"{name}({type_.length},{type_.places})"
    return f"{name}({type_.length})" if type_.length else name


def stored(type_: Type) -> str:
    """The same without what only CREATE TABLE knows: a ``bigserial`` is stored as ``bigint``."""
    return "bigint" if type_.name == "serial" else spelled(type_)
