"""What the command line does, as functions for scripts and notebooks: the same options, sources and errors.

An option that is not given is looked for in ``SHARDGEN_*``, ``.env`` and ``shardgen.toml``, as ``settings`` says.
"""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

if TYPE_CHECKING:
    from shardgen.planning import Plan
    from shardgen.reconcile import Report
    from shardgen.settings import Settings
    from shardgen.verification.report import Report as Verification

__all__ = ["Options", "load", "plan", "sample", "verify"]


class Options(TypedDict, total=False):
    """The options that decide the data; ``shardgen load --help`` explains each."""

    seed: int
    customers: int
    products: int
    orders_per_day: float
    sessions_per_day: float
    events_per_session: float
    review_rate: float
    warehouses: int
    scale: float
    days: int
    end: date | str
    epoch: date | str
    horizon: int
    tables: str | list[str] | tuple[str, ...]
    schema: str
    indexes: str
    raw_data: str


def load(
    dsn: str | None = None,
    *,
    workers: int | None = None,
    resume: bool = False,
    take_over: bool = False,
    progress: str = "auto",
    if_exists: str | None = None,
    on_conflict: str | None = None,
    yes: bool = False,
    data_dir: Path | str | None = None,
    config: Path | str | None = None,
    profile: str | None = None,
    **options: Unpack[Options],
) -> Report:
    """Fill the bronze tables of a PostgreSQL database, exactly once.

    Args:
        dsn: libpq connection string; without it the target is found as on the command line, and the embedded server
            is started where none is named.
        workers: worker processes; by default one for each CPU, at most 8.
        resume: go on with the one unfinished run in the target.
        take_over: end the sessions of another load that holds the target, instead of refusing.
        progress: ``auto``, ``rich``, ``tqdm``, ``plain`` or ``none``.
        if_exists: ``fail``, ``append`` or ``replace``, for a target that holds rows already.
        on_conflict: ``error`` or ``skip``, for keys that rows kept by ``append`` have already.
        yes: let ``replace`` remove rows that shardgen did not load.
        data_dir: home of the embedded server.
        config: TOML file to read instead of ``shardgen.toml``.
        profile: named set of options: ``demo``, ``dev``, ``bench``, or one of the file's.
        options: what to load, see :class:`Options`.

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
    from shardgen.actions import prepared
    from shardgen.progress import display

    how = {"workers": workers, "if_exists": if_exists, "on_conflict": on_conflict}
    named = {"dsn": dsn, "data_dir": data_dir, **how, **options}
    carry_out = prepared(_settings(named, config, profile), resume=resume, take_over=take_over, yes=yes)
    with display(progress) as show:
        return carry_out(show)


def plan(*, config: Path | str | None = None, profile: str | None = None, **options: Unpack[Options]) -> Plan:
    """Which shards a load consists of, with expected rows and bytes; touches no database.

    Args:
        config: TOML file to read instead of ``shardgen.toml``.
        profile: named set of options: ``demo``, ``dev``, ``bench``, or one of the file's.
        options: what to load, see :class:`Options`.

    Raises:
        ConfigError: an option is wrong.

    Example:
        >>> import shardgen
        >>> plan = shardgen.plan(profile="demo", end="2026-01-01")
        >>> plan.rows("orders"), len(plan.shards)
        (1800, 13)
    """
    from shardgen.actions import plan_of

    return plan_of(_settings(options, config, profile))


def sample(
    table: str,
    n: int = 5,
    *,
    config: Path | str | None = None,
    profile: str | None = None,
    **options: Unpack[Options],
) -> list[dict[str, Any]]:
    """The first rows of a table, built without any database.

    Args:
        table: ``"orders"`` or ``"raw_orders"``.
        n: how many rows, at most.
        config: TOML file to read instead of ``shardgen.toml``.
        profile: named set of options: ``demo``, ``dev``, ``bench``, or one of the file's.
        options: which world, see :class:`Options`.

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
    from shardgen.actions import sample_of

    return sample_of(_settings({**options, "tables": table}, config, profile), n)


def verify(
    dsn: str | None = None,
    *,
    level: str = "all",
    tables: str | list[str] | tuple[str, ...] = (),
    run: int | None = None,
    regenerate: bool = False,
    schema: str | None = None,
    workers: int | None = None,
    progress: str = "auto",
    data_dir: Path | str | None = None,
    config: Path | str | None = None,
    profile: str | None = None,
) -> Verification:
    """Prove that a target holds what was planned, bit for bit, and that its story holds; writes nothing.

    Args:
        dsn: libpq connection string; without it the target is found as on the command line. A role that may read the
            schema is enough.
        level: ``counts``, ``laws``, ``shape``, ``digests`` or ``all``.
        tables: only these, and the laws and shapes that concern them; all that were loaded by default.
        run: only the tables of this run.
        regenerate: build every row anew for the digests, instead of believing the ledger.
        schema: of the target.
        workers: connections that ask at the same time, and processes that hash.
        progress: ``auto``, ``rich``, ``tqdm``, ``plain`` or ``none``.
        data_dir: home of the embedded server, which must be running.
        config: TOML file to read instead of ``shardgen.toml``.
        profile: named set of options: ``demo``, ``dev``, ``bench``, or one of the file's.

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
    from shardgen.actions import verification_of
    from shardgen.progress import display

    named = {"dsn": dsn, "schema": schema, "workers": workers, "data_dir": data_dir}
    settings = _settings(named, config, profile)
    with display(progress) as show:
        return verification_of(settings, show, level=level, tables=tables, run=run, regenerate=regenerate)


def _settings(named: Any, config: Path | str | None, profile: str | None) -> Settings:
    from shardgen.settings import read

    found = read(named, config=None if config is None else Path(config), profile=profile)
    if found.target.note:
        logging.getLogger(__name__).warning(found.target.note)
    return found
