"""Which run a part of a load belongs to: the one that was claimed for the same plan and as many parts, or none yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from shardgen.errors import Given, Problem, ResumeError, Text, Use
from shardgen.model.config import Terms
from shardgen.model.parts import Part
from shardgen.model.plan import Plan
from shardgen.stores.resuming import OPEN_STATES, R, Recorded, difference, option_differences, plain
from shardgen.tables.recipe import Recipe

PARTS: Final = "parts"
"""The option of a run that says in how many parts it is loaded: 0 where it is claimed and none has begun."""
_ANEW: Final = Text("claim it anew by ", Use("claim", value=True), " and ", Use("if_exists", "replace"))
BY_CLAIM: Final = Text("a part replaces nothing: begin with ", Use("claim", value=True))


def parts_of(run: Recorded) -> int | None:
    """In how many parts a run is loaded; None where it is loaded as a whole."""
    return run.options.get(PARTS)


def chosen(
    runs: Sequence[R],
    owners: Collection[int],
    plan: Plan,
    recipe: Recipe,
    *,
    part: Part | None,
    options: Mapping[str, Any],
    terms: Terms,
) -> R | None:
    """The run that a part joins; None where the plan is still to be claimed.

    Args:
        runs: all that there are, oldest first.
        owners: numbers of those that own a table now.
        plan: of the part.
        recipe: how its rows are made.
        part: who asks; None for a claim.
        options: the effective ones of the part.
        terms: of the part.

    Raises:
        ResumeError: the run that is loaded in parts there has another plan, or another number of parts.
    """
    wanted = set(plan.config.tables)
    shared = [
        run for run in runs if run.run in owners and parts_of(run) is not None and wanted & set(run.plan["tables"])
    ]
    if not shared or terms.replace:
        return None
    run = shared[-1]
    why = _differences(run, plan, recipe, options, terms)
    if run.state not in OPEN_STATES:
        return run if run.state == "finished" and not why else None
    if why:
        raise ResumeError(f"run={run.run} is loaded in parts of another plan: ", why, remedy=_ANEW)
    _check_number(run, part)
    return run


def _differences(run: Recorded, plan: Plan, recipe: Recipe, options: Mapping[str, Any], terms: Terms) -> Text:
    """What a part would do otherwise than its run; empty where it would do the same."""
    found = option_differences(run, plain({name: value for name, value in options.items() if name != PARTS}))
    if terms.on_conflict != run.on_conflict:
        found.append(Text(Given("on_conflict", terms.on_conflict), f" but the run has {run.on_conflict!r}"))
    return Text.joined(", ", found) if found else Text(difference(run, plan, recipe))


def _check_number(run: Recorded, part: Part | None) -> None:
    begun = parts_of(run)
    if part and begun and begun != part.of:
        told = Given("part", str(part)), f" but run={run.run} is loaded in parts of {begun}"
        raise ResumeError(*told, remedy=f"use 0/{begun} to {begun - 1}/{begun}")


def standing(run: Recorded, *, at_work: bool) -> tuple[str, bool]:
    """How a run stands, and whether somebody is at work on it, given whether somebody is at work in its place.

    A load in parts waits between its parts, and one that failed says nothing of those that are still at work.
    """
    in_parts = parts_of(run) is not None
    at_work = at_work and (run.state == "loading" or (in_parts and run.state in OPEN_STATES))
    if at_work:
        return "loading", True
    if run.state == "loading":
        return ("waiting" if in_parts else "lost"), False
    return run.state, False


def recorded(options: Mapping[str, Any], part: Part | None) -> dict[str, Any]:
    """The options of a run in parts, as its ledger has them."""
    return {**options, PARTS: part.of if part else 0}


def referring(pairs: Collection[tuple[str, str]]) -> list[Problem]:
    """That tables of a load refer to each other, which parts cannot wait for."""
    return [
        Problem(
            relation=relation,
            text=f"has a foreign key to {other}, whose rows another part may not have loaded yet",
            remedy=Text("drop it for the load, or load without ", Use("part")),
        )
        for relation, other in sorted(pairs)
    ]
