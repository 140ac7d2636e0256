"""What scripts and notebooks ask: of a world, of what is loaded, and to take it away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from shardgen.api.shared import in_python, settings_of, watching
from shardgen.options.keywords import Place, Planned, Server, Truthful, Verified, Worked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    import pyarrow as pa

    from shardgen.model.plan import Plan
    from shardgen.model.story import Story
    from shardgen.page.page import Page
    from shardgen.stores.findings import RunStatus, Survey
    from shardgen.tables.questions import Query
    from shardgen.verification.outcome import Verification


@in_python
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

    return plan_of(settings_of(Planned, options))


@in_python
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

    return sample_of(settings_of(Planned, options, tables=table), n)


@in_python
def story(*who: str, **options: Unpack[Planned]) -> list[Story]:
    """What happened to some customers, from the first visit to the last order, built without any database.

    Args:
        who: ids or numbers of customers, ``"CUST00000007"`` or ``"7"``.
        options: which world, see :class:`Planned`.

    Returns:
        One story each: ``story.customer``, ``story.products`` by id, and ``story.moments`` in order of time, each with
        ``at``, ``table``, ``what`` and the ``row`` as it stood then.

    Raises:
        ConfigError: an option is wrong, or there is no such customer.

    Example:
        >>> import shardgen
        >>> [life] = shardgen.story("CUST00000007", profile="demo", end="2026-01-01")
        >>> life.customer["customer_id"], life.moments[0].what
        ('CUST00000007', 'registered')
    """
    from shardgen.commands import stories_of

    return stories_of(settings_of(Planned, options), who)


@in_python
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

    settings = settings_of(Verified, options, dsn=dsn)
    with watching(settings, "verify") as show:
        return verification_of(settings, show, level=level, tables=tables, run=run, regenerate=regenerate)


@in_python
def truth(
    table: str, dsn: str | None = None, *, run: int | None = None, **options: Unpack[Truthful]
) -> Iterator[dict[str, Any]]:
    """What the generator knows and bronze does not tell, made anew as it is read.

    Args:
        table: ``experiments``, ``rings``, ``bots``, ``products``, ``customers`` or ``promotions``.
        dsn: libpq connection string of what is loaded; without any target it is the truth of the options.
        run: of this run; of the newest finished one by default.
        options: which world, or where it is loaded, see :class:`Truthful`.

    Returns:
        One dictionary a row, by column.

    Raises:
        ConfigError: an option is wrong.
        TargetError: the target cannot be reached, or holds no such run.

    Example:
        >>> import shardgen
        >>> next(shardgen.truth("products", profile="demo", end="2026-01-01"))["product_id"]
        'PROD00000001'
    """
    from shardgen.asking import truths_of

    found = truths_of(settings_of(Truthful, options, dsn=dsn), table=table, run=run)
    return found.tables[0].rows(found.config)


@in_python
def changes(
    dsn: str | None = None,
    *,
    since: date | str | None = None,
    run: int | None = None,
    **options: Unpack[Truthful],
) -> Iterator[pa.Table]:
    """What changes in the shop, in the order in which bronze gets it, made as it is read.

    Args:
        dsn: libpq connection string of what is loaded; with ``epoch`` and ``horizon`` no target is asked.
        since: the first day, UTC; the epoch by default, with what was there before it.
        run: of this run; of the newest finished one by default.
        options: which world, or where it is loaded, see :class:`Truthful`.

    Returns:
        Arrow tables of some thousand changes each: ``table``, ``operation``, ``key``, ``version``, ``changed_at``,
        ``ingestion_timestamp``, ``before`` and ``after``; key, before and after are JSON.

    Raises:
        ConfigError: an option is wrong, or there is no such window.
        TargetError: the target cannot be reached, or holds no such run.
        UsageError: neither a target nor a world is named.

    Example:
        >>> import shardgen
        >>> first = next(shardgen.changes(epoch="2026-01-01", horizon=90, since="2026-03-01", end="2026-03-02"))
        >>> first.column_names[:4]
        ['table', 'operation', 'key', 'version']
    """
    from shardgen.asking import changes_of

    settings = settings_of(Truthful, options, dsn=dsn)
    return iter(changes_of(settings, since=since, form="csv", parts=(), run=run).changes)


@in_python
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

    return reader_of(settings_of(Planned, options, tables=table))


@in_python
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

    settings = settings_of(Worked, options, dsn=dsn)
    with watching(settings, "report") as show:
        numbers, html = report_of(settings, show, output=None if output is None else Path(output), run=run)
    return Page(numbers=numbers, html=html)


@in_python
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
    from shardgen.asking import status_of

    return status_of(settings_of(Place, options, dsn=dsn))


@in_python
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
    from shardgen.asking import queries_of

    return queries_of(settings_of(Place, options, dsn=dsn))


@in_python
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

    return url(settings_of(Server, options))


@in_python
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

    settings = settings_of(Place, options, dsn=dsn)
    found = reset_survey(settings, run=run, every=all)
    if yes and found.runs:
        reset_of(settings, found, run=run, every=all, show=lambda text: None)  # noqa: ARG005
    return found
