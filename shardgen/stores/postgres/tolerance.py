"""Whether a relation that is there takes rows that are spoilt on purpose, and which kinds of dirt stand in the way."""

from __future__ import annotations

from collections.abc import Iterable

from shardgen.dirt.kind import Delivers
from shardgen.dirt.plugins import named
from shardgen.errors import Problem, Text, Use
from shardgen.model.dirt import Dirt
from shardgen.model.table import Table
from shardgen.stores.postgres.catalog import Relation


def problems(dirt: Dirt | None, table: Table, found: Relation) -> list[Problem]:
    """What a relation asks of its rows that some of them do not keep.

    Args:
        dirt: of the load.
        table: which of ours it is, as the load has it.
        found: the relation.
    """
    if dirt is None or table.name not in dirt.tables:
        return []
    ours = {column.name: column for column in table.columns}
    keys = [columns for columns in found.unique if columns <= ours.keys()]
    demanded = [each.name for each in found.columns if each.not_null and each.name in ours]
    asked = [(f"has a unique key of {', '.join(sorted(columns))}", breaking(dirt, table, "key")) for columns in keys]
    asked += [
        (f"has a column {name} that is NOT NULL", breaking(dirt, table, "not_null"))
        for name in demanded
        if not ours[name].not_null
    ]
    if found.references:
        asked.append(("has a foreign key", {*breaking(dirt, table, "reference"), *_losing(dirt)}))
    return [
        Problem(
            relation=table.relation, text=f"{what}, which dirt breaks: {', '.join(sorted(kinds))}", remedy=_skip(kinds)
        )
        for what, kinds in asked
        if kinds
    ]


def breaking(dirt: Dirt, table: Table, what: str) -> set[str]:
    """Kinds whose rows do not keep what a table may ask for."""
    return {name for name, kind in named(dirt.of(table.name)).items() if what in kind.breaks}


def _losing(dirt: Dirt) -> set[str]:
    """Kinds that leave out rows, or change their ids, to which others refer."""
    kinds = named(name for name, _, _ in dirt.rates)
    return {name for name, kind in kinds.items() if isinstance(kind, Delivers) and kind.does == "never"}


def _skip(kinds: Iterable[str]) -> Text:
    return Text("use another ", Use("schema"), ", or ", Use("dirt_skip", ",".join(sorted(kinds))))


def beside_others(dirt: Dirt | None, table: Table) -> list[Problem]:
    """Why spoilt rows are not added to those of others: their ids would not tell whose they are."""
    if dirt is None or table.name not in dirt.tables:
        return []
    remedy = Text("use another ", Use("schema"), ", ", Use("if_exists", "replace"), ", or leave ", Use("dirt"), " out")
    return [Problem(relation=table.relation, text="holds rows, beside which spoilt ones cannot be told", remedy=remedy)]
