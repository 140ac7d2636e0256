"""The options as keywords of Python functions, for type checkers: the same as the command line's, by group.

``declared`` says what each means; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, TypedDict


class Files(TypedDict, total=False):
    """Where else options are."""

    config: Path | str | None
    """TOML file to read instead of ``shardgen.toml``."""
    profile: str | None
    """Named set of options: ``demo``, ``dev``, ``bench``, or one of the file's."""


class Server(Files, total=False):
    """Where the embedded server is."""

    data_dir: Path | str | None
    """Its home."""


class Addressed(TypedDict, total=False):
    """Where the target is, by its address."""

    target: str | None
    """``postgresql://``, or a lake: ``file:///folder``, ``s3://bucket/prefix``, ``gs://``, ``az://``."""


class Place(Server, Addressed, total=False):
    """Where the target is, beside its connection string."""

    schema: str | None
    """Of the target."""


class Watched(TypedDict, total=False):
    """How what goes on is told."""

    progress: str | None
    """``auto``, ``rich``, ``tqdm``, ``plain`` or ``none``."""
    log_file: Path | str | None
    """File that every event is appended to, as a line of JSON."""


class Worked(Place, Watched, total=False):
    """Options of what asks a target with several connections."""

    workers: int | None
    """By default one for each CPU, at most 8."""


class Key(TypedDict, total=False):
    """The secret that dirt follows from."""

    dirt_key_file: Path | str | None
    """File that holds it; else ``SHARDGEN_DIRT_KEY``."""


class Verified(Worked, Key, total=False):
    """Options of a verification, part of whose work is done by workers."""

    engine: Any
    """``processes``, ``threads``, ``dask://HOST:PORT``, ``dask://local``, or an engine of your own."""


class Data(TypedDict, total=False):
    """The options that decide the data of a whole history; ``shardgen load --help`` explains each."""

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
    dataset: str
    tables: str | list[str] | tuple[str, ...]
    schema: str
    indexes: str
    raw_data: str
    history: str
    cut: str
    format: str | None
    raw_data_as: str
    publish: str
    catalog: str
    namespace: str
    dirt: str | Mapping[str, Any] | None
    dirt_skip: str | list[str] | tuple[str, ...] | None
    answers: str | None
    answers_schema: str | None


class Options(Data, total=False):
    """The options that decide the data."""

    since: date | str | None
    """First day of a window that has only what changes in it; by default the whole history."""


class Planned(Options, Key, Files, total=False):
    """The options of a plan, and where else they are."""


class Truthful(Data, Key, Server, Addressed, total=False):
    """The options of a world, or where it is loaded."""


class Graded(Truthful, Watched, total=False):
    """The options of a grade: what is dirty, and where it is."""


class Load(Options, Key, Server, Addressed, Watched, total=False):
    """The options of a load: of its plan, and how it is carried out."""

    workers: int | None
    """By default one for each CPU, at most 8; of a cluster all that it has."""
    engine: Any
    """``processes``, ``threads``, ``dask://HOST:PORT``, ``dask://local``, or an engine of your own."""
    if_exists: str | None
    """``fail``, ``append`` or ``replace``, for a target that holds rows already."""
    on_conflict: str | None
    """``error`` or ``skip``, for keys that rows kept by ``append`` have already."""
    stall_timeout: float | None
    """Seconds after which a worker that does nothing counts as hung; another one does its shard."""
    attempts: int | None
    """How often a shard is tried before it is given up."""
    batch_rows: int | None
    """Rows that a worker builds at a time; fewer take less memory and more time."""
