"""What the command line does, as functions for scripts and notebooks: the same options, sources and errors.

An option that is not given is looked for in ``SHARDGEN_*``, ``.env`` and ``shardgen.toml``, as ``settings`` says.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, Unpack

from shardgen.errors import ShardgenError
from shardgen.model.engine import DEFAULT
from shardgen.options.keywords import Load, Options, Place, Planned, Server, Verified, Worked

if TYPE_CHECKING:
    import pyarrow as pa

    from shardgen.display import Show
    from shardgen.loading.parts import Claimed, Committed, PartReport
    from shardgen.loading.reconcile import LoadReport
    from shardgen.model.plan import Plan
    from shardgen.options.settings import Settings
    from shardgen.page.page import Page
    from shardgen.stores.findings import RunStatus, Survey
    from shardgen.tables.questions import Query
    from shardgen.verification.outcome import Verification

__all__ = [
    "Options",
    "claim",
    "commit",
    "load",
    "load_part",
    "plan",
    "queries",
    "report",
    "reset",
    "sample",
    "status",
    "table",
    "url",
    "verify",
]

P = ParamSpec("P")
R = TypeVar("R")


def _in_python(call: Callable[P, R]) -> Callable[P, R]:
    """Let errors name arguments where the command line names options."""

    @functools.wraps(call)
    def worded(*args: P.args, **named: P.kwargs) -> R:
        try:
            return call(*args, **named)
        except ShardgenError as error:
            from shardgen.options.wording import reword

            reword(error)
            raise

    return worded


@_in_python
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

    settings = _settings(Load, options, dsn=dsn)
    hasten(settings.get("engine", DEFAULT))
    carry_out = prepared(settings, resume=resume, take_over=take_over, yes=yes)
    with _watching(settings, "load") as show:
        return carry_out(show)


@_in_python
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

    hasten()
    settings = _settings(Load, options, dsn=dsn)
    carry_out = part_of(settings, checked(part, resume=False, take_over=False, verify=False))
    with _watching(settings, "load") as show:
        return carry_out(show)


@_in_python
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

    settings = _settings(Load, options, dsn=dsn)
    carry_out = claim_of(settings, take_over=take_over, yes=yes)
    with _watching(settings, "load") as show:
        return carry_out(show)


@_in_python
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

    settings = _settings(Worked, options, dsn=dsn, tables=tables or None)
    with _watching(settings, "commit") as show:
        return commit_of(settings, show, take_over=take_over)


@_in_python
def plan(**options: Unpack[Planned]) -> Plan:
    """Which shards a load consists of, with expected rows and bytes; touches no database.

    Args:
        options: what to load, see :class:`Planned`.

    Raises:
        ConfigError: an option is wrong.

    Example:
        >>> import shardgen
        >>> plan = shardgen.plan(profile="demo", end="2026-01-01")
        >>> plan.rows("orders"), len(plan.shards)
        (1800, 13)
    """
    from shardgen.commands import plan_of

    return plan_of(_settings(Planned, options))


@_in_python
def sample(table: str, n: int = 5, **options: Unpack[Planned]) -> list[dict[str, Any]]:
    """The first rows of a table, built without any database.

    Args:
        table: ``"orders"`` or ``"raw_orders"``.
        n: how many rows, at most.
        options: which world, see :class:`Planned`.

    Returns:
        One dictionary a row, by column; JSON columns are parsed, amounts are Decimal, times are datetime.

    Raises:
        ConfigError: an option is wrong.

    Example:
        >>> import shardgen
        >>> [order] = shardgen.sample("orders", 1, profile="demo", end="2026-01-01")
        >>> order["order_id"], order["raw_data"]["items"][0]["quantity"]
        ('ORD0000000001', 1)
    """
    from shardgen.commands import sample_of

    return sample_of(_settings(Planned, options, tables=table), n)


@_in_python
def verify(
    dsn: str | None = None,
    *,
    level: str = "all",
    tables: str | list[str] | tuple[str, ...] = (),
    run: int | None = None,
    regenerate: bool = False,
    **options: Unpack[Verified],
) -> Verification:
    """Prove that a target holds what was planned, bit for bit, and that its story holds; writes nothing.

    Args:
        dsn: libpq connection string; without it the target is found as on the command line. A role that may read the
            schema is enough.
        level: ``counts``, ``laws``, ``shape``, ``digests`` or ``all``.
        tables: only these, and the laws and shapes that concern them; all that were loaded by default.
        run: only the tables of this run.
        regenerate: build every row anew for the digests, instead of believing the ledger.
        options: where and how, see :class:`Verified`; an embedded server must be running.

    Returns:
        The report: ``report.ok``, and for each check its status, finding and samples. What was not applicable has
        not failed, and has not held either.

    Raises:
        ConfigError: an option is wrong.
        TargetError: the target cannot be reached.
        VerificationError: no run is finished, or another version of shardgen or Faker loaded it.

    Example:
        >>> import shardgen
        >>> report = shardgen.verify(level="laws", tables="orders", progress="none")
        >>> report.ok, [check.name for check in report.checks if check.status == "failed"]
        (True, [])
    """
    from shardgen.commands import verification_of

    settings = _settings(Verified, options, dsn=dsn)
    with _watching(settings, "verify") as show:
        return verification_of(settings, show, level=level, tables=tables, run=run, regenerate=regenerate)


@_in_python
def table(table: str, **options: Unpack[Planned]) -> pa.RecordBatchReader:
    """The rows of a table, built without any database, as a stream of Arrow record batches.

    Whatever takes Arrow takes it (``polars.from_arrow``, ``duckdb.from_arrow``, ``reader.read_pandas()``,
    ``pyarrow.table``), once: a reader is read to its end, and memory holds no more than a batch of it.

    Args:
        table: ``"orders"`` or ``"raw_orders"``.
        options: which world, see :class:`Planned`.

    Returns:
        Times are timestamps in microseconds UTC without a zone, days date32, amounts decimal128 with two digits, and
        JSON columns text.

    Raises:
        ConfigError: an option is wrong.

    Example:
        >>> import shardgen
        >>> orders = shardgen.table("orders", profile="demo", end="2026-01-01")
        >>> orders.schema.field("total_amount").type, orders.read_all().num_rows
        (Decimal128Type(decimal128(18, 2)), 1800)
    """
    from shardgen.commands import reader_of

    return reader_of(_settings(Planned, options, tables=table))


@_in_python
def report(
    dsn: str | None = None, *, output: Path | str | None = None, run: int | None = None, **options: Unpack[Worked]
) -> Page:
    """What is loaded, in pictures: one HTML page that needs nothing else. Writes nothing to the target.

    Args:
        dsn: libpq connection string; without it the target is found as on the command line.
        output: file to write the page to, too.
        run: only the tables of this run.
        options: where and how, see :class:`Worked`; an embedded server must be running.

    Returns:
        The page, which a notebook shows: ``page.html``, and ``page.numbers`` for the figures behind it.

    Raises:
        ConfigError: an option is wrong.
        TargetError, VerificationError: the target cannot be reached.
        ReportError: nothing is loaded, or the extra ``report`` is not installed.

    Example:
        >>> import shardgen
        >>> page = shardgen.report(progress="none")
        >>> page.html.startswith("<!doctype html>")
        True
    """
    from shardgen.commands import report_of
    from shardgen.page.page import Page

    settings = _settings(Worked, options, dsn=dsn)
    with _watching(settings, "report") as show:
        numbers, html = report_of(settings, show, output=None if output is None else Path(output), run=run)
    return Page(numbers=numbers, html=html)


@_in_python
def status(dsn: str | None = None, **options: Unpack[Place]) -> list[RunStatus]:
    """The runs in a target: shards done, pending and failed for each table, and the last error.

    Args:
        dsn: libpq connection string; without it the target is found as on the command line.
        options: where, see :class:`Place`; an embedded server must be running.

    Raises:
        ConfigError: an option is wrong.
        TargetError, ServerError: the target cannot be reached.

    Example:
        >>> import shardgen
        >>> [run] = shardgen.status()
        >>> run.run, run.state
        (1, 'finished')
    """
    from shardgen.commands import runs_of

    return runs_of(_settings(Place, options, dsn=dsn))


@_in_python
def queries(dsn: str | None = None, **options: Unpack[Place]) -> list[Query]:
    """SQL that shows the story of what is loaded: a few queries to begin with, ready to be run.

    Args:
        dsn: libpq connection string; without it the target is found as on the command line.
        options: where, see :class:`Place`; an embedded server must be running.

    Raises:
        ConfigError: an option is wrong.
        TargetError, ServerError: the target cannot be reached, or nothing is loaded there.

    Example:
        >>> import shardgen
        >>> revenue = shardgen.queries()[0]
        >>> revenue.about, revenue.text.partition(" ")[0]
        ('revenue by month', 'SELECT')
    """
    from shardgen.commands import queries_of

    return queries_of(_settings(Place, options, dsn=dsn))


@_in_python
def url(**options: Unpack[Server]) -> str:
    """The connection string of the embedded server, which must be running.

    Args:
        options: where it is, see :class:`Server`.

    Raises:
        ConfigError: an option is wrong.
        ServerError: the server does not run.

    Example:
        >>> import shardgen
        >>> try:
        ...     print(shardgen.url(data_dir="no-server-here"))
        ... except shardgen.ShardgenError as error:
        ...     print(str(error).partition(" in ")[0])
        no embedded server runs
    """
    from shardgen.options.target import url

    return url(_settings(Server, options))


@_in_python
def reset(
    dsn: str | None = None,
    *,
    run: int | None = None,
    all: bool = False,  # noqa: A002  # as the command line has it
    yes: bool = True,
    **options: Unpack[Place],
) -> Survey:
    """Remove what a run loaded: its tables, their partitions, its rows, its lines in the ledger. Nobody is asked.

    Args:
        dsn: libpq connection string; without it the target is found as on the command line.
        run: take this run back; by default the only one there is.
        all: take back every run in the target.
        yes: False tells what would be removed, and removes nothing.
        options: where, see :class:`Place`; an embedded server must be running.

    Returns:
        What was removed: ``survey.runs``, and for each table what happened.

    Raises:
        ConfigError: an option is wrong.
        TargetError, ServerError: the target cannot be reached, or it cannot be told which run is meant.

    Example:
        >>> import shardgen
        >>> shardgen.reset(yes=False).runs
        (1,)
    """
    from shardgen.commands import reset_of, reset_survey

    settings = _settings(Place, options, dsn=dsn)
    found = reset_survey(settings, run=run, every=all)
    if yes and found.runs:
        reset_of(settings, found, run=run, every=all, show=lambda text: None)  # noqa: ARG005
    return found


def _watching(settings: Settings, function: str) -> AbstractContextManager[Show]:
    """What takes the events of a function: the display and the log that the settings name."""
    from shardgen.display import logs

    settings.check()
    mode = settings.get("progress", "auto")
    return logs.watching(settings, function, mode=mode, complain=logging.getLogger(__name__).warning)


def _settings(kind: type, options: Mapping[str, Any], **more: Any) -> Settings:
    """The options of a function, and of all other sources.

    Args:
        kind: declares which options it takes.
        options: as they were given.
        more: those that stand in its signature.
    """
    from shardgen.options.meant import known
    from shardgen.options.settings import read

    named = {known(name, "option", {*kind.__annotations__, *more}): value for name, value in options.items()} | more
    found = read(named, config=named.pop("config", None), profile=named.pop("profile", None))
    for text in filter(None, (found.target.note, *found.notices)):
        logging.getLogger(__name__).warning(text)
    return found
