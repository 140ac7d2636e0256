"""Loads for scripts and notebooks: a whole one, or one in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from shardgen.api.shared import in_python, settings_of, watching
from shardgen.model.engine import DEFAULT
from shardgen.options.keywords import Load, Verified, Worked

if TYPE_CHECKING:
    from datetime import date

    from shardgen.loading.parts import Claimed, Committed, PartReport
    from shardgen.loading.reconcile import LoadReport


@in_python
def load(
    dsn: str | None = None, *, resume: bool = False, take_over: bool = False, yes: bool = False, **options: Unpack[Load]
) -> LoadReport:
    """Fill the bronze tables of a PostgreSQL database, exactly once.

    Args:
        dsn: libpq connection string; without it the target is found as on the command line, and the embedded server
            is started where none is named.
        resume: go on with the one unfinished run in the target.
        take_over: end the sessions of another load that holds the target, instead of refusing.
        yes: let ``replace`` remove rows that shardgen did not load.
        options: what to load, where and how, see :class:`Load`.

    Returns:
        The reconciled report: rows, bytes, seconds by table; ``report.to_json()`` for plain values.

    Raises:
        UsageError: something is wrong with the request; nothing was written.
        LoadError: the load stopped; ``load(resume=True)`` does the rest.

    Example:
        >>> import shardgen
        >>> report = shardgen.load(profile="demo", end="2026-01-01", progress="none")
        >>> report.ok
        True
        >>> [table.counted for table in report.tables if table.table == "orders"]
        [1800]
    """
    from shardgen.commands import hasten, prepared
    from shardgen.options.secrets import tell

    settings = settings_of(Load, options, dsn=dsn)
    hasten(settings.get("engine", DEFAULT))
    carry_out = prepared(settings, resume=resume, take_over=take_over, yes=yes)
    tell("" if resume else settings.made_key)
    with watching(settings, "load") as show:
        return carry_out(show)


@in_python
def advance(
    dsn: str | None = None,
    *,
    days: int | None = None,
    to: date | str | None = None,
    tables: str | list[str] | tuple[str, ...] = (),
    take_over: bool = False,
    yes: bool = False,
    **options: Unpack[Verified],
) -> list[LoadReport]:
    """Bring what is loaded forward by some days, by the plan in the target: exactly once, whatever stops it.

    Args:
        dsn: libpq connection string; without it the target is found as on the command line.
        days: how many; one if neither this nor ``to`` is named.
        to: the first day that is not loaded, instead.
        tables: some of those that are there; all by default.
        take_over: end the sessions of another load that holds the target, instead of refusing.
        yes: bring rows forward that others have changed, too.
        options: where and how, see :class:`Verified`.

    Returns:
        The reconciled report of each run that it took: of one that was interrupted, and of what was left; none where
        the target was there already.

    Raises:
        UsageError: something is wrong with the request, or with what is there; nothing was written.
        LoadError: it stopped; the same call does the rest.

    Example:
        >>> import shardgen
        >>> options = {"schema": "advanced", "progress": "none"}
        >>> _ = shardgen.load(profile="demo", end="2026-01-01", tables="orders", **options)
        >>> [report] = shardgen.advance(to="2026-01-03", **options)
        >>> [(each.ledger, each.updated > 0) for each in report.tables]
        [(44, True)]
    """
    from shardgen.commands import hasten
    from shardgen.forward import advanced

    settings = settings_of(Verified, options, dsn=dsn, tables=tables or None)
    hasten(settings.get("engine", DEFAULT))
    carry_out = advanced(settings, days=days, to=to, take_over=take_over, yes=yes)
    with watching(settings, "advance") as show:
        return carry_out(show)


@in_python
def load_part(part: str, dsn: str | None = None, **options: Unpack[Load]) -> PartReport:
    """Load one part of a plan: every n-th shard, for one of n programs that know nothing of each other.

    Args:
        part: ``"0/3"`` to ``"2/3"`` of three.
        dsn: libpq connection string; without it the target is found as on the command line.
        options: what all parts together load, and how; ``end`` must be among them. See :class:`Load`.

    Returns:
        What the part did and what the run lacks; ``report.report`` is that of the whole run where this part finished
        it.

    Raises:
        UsageError: something is wrong with the request, or the run in the target is another; nothing was written.
        LoadError: the part stopped; the same call does the rest.

    Example:
        >>> import shardgen
        >>> options = {"profile": "demo", "end": "2026-01-01", "schema": "parts", "progress": "none"}
        >>> shardgen.load_part("0/2", **options).lacking
        {'1/2': 6}
        >>> shardgen.load_part("1/2", **options).finished
        True
    """
    from shardgen.commands import hasten
    from shardgen.parts import checked, part_of

    settings = settings_of(Load, options, dsn=dsn)
    hasten(settings.get("engine", DEFAULT))
    carry_out = part_of(settings, checked(part, resume=False, take_over=False, verify=False))
    with watching(settings, "load") as show:
        return carry_out(show)


@in_python
def claim(dsn: str | None = None, *, take_over: bool = False, yes: bool = False, **options: Unpack[Load]) -> Claimed:
    """Claim the tables of a load in parts, and load nothing: for one that begins with a replace.

    Args:
        dsn: libpq connection string; without it the target is found as on the command line.
        take_over: end the sessions of another load that holds the target, instead of refusing.
        yes: let ``replace`` remove rows that shardgen did not load.
        options: what all parts together load; ``end`` must be among them. See :class:`Load`.

    Raises:
        UsageError: something is wrong with the request; nothing was written.

    Example:
        >>> import shardgen
        >>> claimed = shardgen.claim(profile="demo", end="2026-01-01", schema="claimed", progress="none")
        >>> claimed.run, claimed.shards
        (1, 13)
    """
    from shardgen.parts import claim_of

    settings = settings_of(Load, options, dsn=dsn)
    carry_out = claim_of(settings, take_over=take_over, yes=yes)
    with watching(settings, "load") as show:
        return carry_out(show)


@in_python
def commit(
    dsn: str | None = None,
    *,
    tables: str | list[str] | tuple[str, ...] = (),
    take_over: bool = False,
    **options: Unpack[Worked],
) -> Committed:
    """Finish a load in parts whose shards are all there; of a run that is finished nothing is changed.

    Args:
        dsn: libpq connection string; without it the target is found as on the command line.
        tables: those of the run that is meant, where several are unfinished.
        take_over: end the sessions of parts that hold the target, instead of refusing.
        options: where and how, see :class:`Worked`; an embedded server must be running.

    Raises:
        UsageError: there is no run, or it cannot be told which is meant.
        LoadError: shards are lacking, which are told by part.

    Example:
        >>> import shardgen
        >>> options = {"schema": "committed", "progress": "none"}
        >>> shardgen.load_part("0/1", profile="demo", end="2026-01-01", **options).finished
        True
        >>> shardgen.commit(**options).changed
        False
    """
    from shardgen.parts import commit_of

    settings = settings_of(Worked, options, dsn=dsn, tables=tables or None)
    with watching(settings, "commit") as show:
        return commit_of(settings, show, take_over=take_over)
