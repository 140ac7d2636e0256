"""The options that a variable or a file can set, each declared once.

The settings, the command line with its help, the file that ``shardgen init`` writes, and the manual have them from
here. An option that nobody gave is None; its default is only told, and filled in by what uses it.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Final

from shardgen.model.choices import (
    ANSWERS_MODES,
    CATALOG,
    CUTS,
    FORMATS,
    HISTORIES,
    IF_EXISTS,
    INDEX_MODES,
    NAMESPACE,
    ON_CONFLICT,
    PROGRESS,
    PUBLICATIONS,
    RAW_DATA_FORMS,
    RAW_DATA_MODES,
)
from shardgen.model.config import SHOP, LoadConfig
from shardgen.model.engine import DEFAULT as DEFAULT_ENGINE
from shardgen.options.kinds import DAY, DIRT, ENGINE, NAMES, NUMBER, PATH, TEXT, WHOLE, Kind
from shardgen.tables import names
from shardgen.tables.wanted import plan_config


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option that the settings know."""

    kind: Kind
    panel: str
    """Where ``--help`` shows it."""
    text: str
    """What it means, in a sentence."""
    default: str = ""
    """What holds where nobody sets it, in words."""
    metavar: str = ""
    choices: tuple[str, ...] = ()
    example: str = ""
    """A value as TOML writes it, the default where that can be written; empty for an option that a file cannot set."""

    @property
    def shape(self) -> str:
        """What to put behind the name: ``"N"``, ``"keys|full|none"``."""
        return "|".join(self.choices) or self.metavar


Group = Mapping[str, Option]
"""Options by their name in Python: ``orders_per_day``."""

_WORLD, _FORM, _TARGET, RUNNING = "The world", "What is loaded of it", "Target", "The run"
CHECKS = "What is verified"

PLAN_DEFAULTS: Final[Mapping[str, Any]] = {
    name: parameter.default
    for name, parameter in inspect.signature(plan_config).parameters.items()
    if parameter.default is not parameter.empty
}
"""Every option that decides the plan, with its default; also the keys of the options that the ledger stores."""

LOAD_DEFAULTS: Final[Mapping[str, Any]] = {
    field.name: field.default for field in fields(LoadConfig) if field.default is not MISSING
}
"""What decides how a plan is carried out, with its default."""


def _amount(name: str, text: str, *, kind: Kind, panel: str = _WORLD, metavar: str = "N") -> Option:
    default = {**LOAD_DEFAULTS, **PLAN_DEFAULTS}[name]
    told = f"{default:g}" if isinstance(default, float) else str(default)
    return Option(kind=kind, panel=panel, text=text, metavar=metavar, default=told, example=told)


def _choice(panel: str, text: str, choices: tuple[str, ...], default: str) -> Option:
    return Option(kind=TEXT, panel=panel, text=text, choices=choices, default=default, example=f'"{default}"')


WORLD: Group = {
    "seed": _amount("seed", "Another seed is another world with the same laws.", kind=WHOLE),
    "customers": _amount("customers", "Registered by the end of the horizon.", kind=WHOLE),
    "products": _amount("products", "Launched by the end of the horizon.", kind=WHOLE),
    "orders_per_day": _amount("orders_per_day", "Mean over the horizon, all channels.", kind=NUMBER),
    "sessions_per_day": _amount("sessions_per_day", "Mean over the horizon, buying sessions included.", kind=NUMBER),
    "events_per_session": _amount("events_per_session", "Mean of a browsing session, 1 to 60.", kind=NUMBER),
    "review_rate": _amount("review_rate", "Share of delivered items that are reviewed, 0 to 1.", kind=NUMBER),
    "warehouses": _amount("warehouses", "Number of warehouses.", kind=WHOLE),
    "scale": _amount("scale", "Multiplies customers, orders and sessions.", kind=NUMBER),
    "epoch": Option(
        kind=DAY,
        panel=_WORLD,
        text="The shop's opening day.",
        metavar="DATE",
        default="--end less --days",
        example="2025-01-01",
    ),
    "horizon": Option(
        kind=WHOLE,
        panel=_WORLD,
        text="Days that the totals above refer to.",
        metavar="DAYS",
        default="the window",
        example="365",
    ),
}
"""Options that decide what is true."""

FORM: Group = {
    "days": Option(kind=WHOLE, panel=_FORM, text="Length of the window.", metavar="DAYS", default="365", example="365"),
    "end": Option(
        kind=DAY,
        panel=_FORM,
        text="First day after the window, UTC.",
        metavar="DATE",
        default="today",
        example="2026-01-01",
    ),
    "since": Option(
        kind=DAY,
        panel=_FORM,
        text="First day of a window that has only what changes in it, of the world in the target or of one that "
        "--epoch and --horizon fix.",
        metavar="DATE",
        default="the epoch, with all that was before it",
        example="2025-12-31",
    ),
    "dataset": Option(
        kind=TEXT,
        panel=_FORM,
        text="The story whose tables are loaded: the shop's, or one that an installed package brings.",
        metavar="NAME",
        default=SHOP,
        example=f'"{SHOP}"',
    ),
    "tables": Option(
        kind=NAMES,
        panel=_FORM,
        text=f"Some of {', '.join(names())}, and what installed packages bring.",
        metavar="A,B",
        default="all",
        example='["customers", "orders"]',
    ),
    "indexes": _choice(_FORM, "Which secondary indexes are built.", INDEX_MODES, "keys"),
    "raw_data": _choice(_FORM, "How much of the record raw_data holds.", RAW_DATA_MODES, "full"),
    "history": _choice(
        _FORM,
        "Whether a record has one row, as it stands at the end, or one for each change.",
        HISTORIES,
        "latest",
    ),
    "cut": _choice(
        _FORM,
        "Whether a window has what happens in it, or what bronze gets in it: then some of what happened comes later.",
        CUTS,
        CUTS[0],
    ),
    "format": _choice(_FORM, "Of the files, where the target is a lake.", FORMATS, FORMATS[0]),
    "raw_data_as": _choice(
        _FORM, "What raw_data is in Parquet: a struct of typed members, or JSON text.", RAW_DATA_FORMS, "struct"
    ),
    "dirt": Option(
        kind=DIRT,
        panel=_FORM,
        text="How dirty rows come into bronze: light, realistic or hostile; KIND=RATE or KIND.TABLE=RATE, a share of "
        "rows; or both, by commas. shardgen help dirt tells the kinds.",
        metavar="PRESET|KIND=RATE,...",
        default="none",
        example='"realistic"',
    ),
    "dirt_skip": Option(
        kind=NAMES,
        panel=_FORM,
        text="Kinds of dirt that are left out, whatever --dirt says.",
        metavar="A,B",
        default="none",
        example='["exact_duplicate"]',
    ),
    "answers": _choice(
        _FORM,
        "Whether what was done to dirty rows is loaded, too: into a table in a schema of its own. shardgen answers "
        "prints it in any case.",
        ANSWERS_MODES,
        "none",
    ),
    "answers_schema": Option(
        kind=TEXT,
        panel=_FORM,
        text="Of --answers load: schema of that table, another one than --schema; of a lake another address.",
        metavar="NAME|URL",
        default="that of the tables with _answers behind it",
        example='"bronze_answers"',
    ),
    "publish": _choice(
        _FORM, "Table format to which the files of a lake are committed when all are there.", PUBLICATIONS, "none"
    ),
    "catalog": Option(
        kind=TEXT,
        panel=_FORM,
        text="Of --publish iceberg: a catalog's name in pyiceberg's configuration, or its address.",
        metavar="NAME",
        default=CATALOG,
        example='"sqlite:////data/catalog.db"',
    ),
    "namespace": Option(
        kind=TEXT,
        panel=_FORM,
        text="Of --publish iceberg: where in the catalog the tables lie.",
        metavar="NAME",
        default=NAMESPACE,
        example=f'"{NAMESPACE}"',
    ),
}
"""Options that decide which part of the world is written, and how."""

KEY: Group = {
    "dirt_key_file": Option(
        kind=PATH,
        panel=_FORM,
        text="File of the secret that dirt follows from. Who has it knows all defects.",
        metavar="FILE",
        default="SHARDGEN_DIRT_KEY, else a load makes one and tells it",
        example='"dirt.key"',
    ),
}
"""What a command takes that makes dirty rows, or tells what is wrong with them."""

FILES: Group = {
    "config": Option(
        kind=PATH, panel=_TARGET, text="TOML file of options.", metavar="FILE", default="shardgen.toml, if there is one"
    ),
    "profile": Option(
        kind=TEXT,
        panel=_TARGET,
        text="Named set of options: demo, dev, bench, or one of the file's.",
        metavar="NAME",
        default="SHARDGEN_PROFILE, else none",
    ),
}
"""Options that say where else options are; a variable can set them, a file cannot."""

PLACE: Group = {
    "target": Option(
        kind=TEXT,
        panel=_TARGET,
        text="Where to: postgresql://, or a lake: file:///folder, s3://bucket/prefix, gs://, az://.",
        metavar="URL",
        default="what --dsn says",
        example='"s3://bucket/shop"',
    ),
    "dsn": Option(
        kind=TEXT,
        panel=_TARGET,
        text="libpq connection string.",
        metavar="URL",
        default="SHARDGEN_DSN, POSTGRES_HOST and its like, PGHOST and its like, else the embedded server",
        example='"postgresql://me@localhost:5432/shop"',
    ),
    "schema": Option(
        kind=TEXT,
        panel=_TARGET,
        text="Schema of the tables.",
        metavar="NAME",
        default="bronze",
        example='"bronze"',
    ),
    "data_dir": Option(
        kind=PATH,
        panel=_TARGET,
        text="Home of the embedded server.",
        metavar="DIR",
        default="SHARDGEN_HOME, else the user's data directory",
        example='"/srv/shardgen"',
    ),
    **FILES,
}
"""Options that say where."""

_IF_EXISTS: Final = (
    "What to do if a table of the load holds rows. fail: refuse. append: keep them and add rows with other keys; only "
    "the added rows are counted and verified. replace: empty the table, and keep what others have put on it; one that "
    "shardgen created and cannot fill any more is dropped and created anew. No other table is touched. On a terminal "
    "replace asks first. Elsewhere it needs --yes to remove rows that shardgen did not load."
)
_ON_CONFLICT: Final = (
    "What to do if append meets a row with the same key. error: stop, and name the table and the key. skip: keep the "
    "row that is there, leave out the new one, and count it (slower, because it goes through a staging table). With "
    "--resume the run's own choice holds."
)
_STALL: Final = (
    "A worker that neither sends rows nor keeps the server busy for so long counts as hung: it is killed, and another "
    "worker does its shard."
)
_ATTEMPTS: Final = (
    "How often a shard, or a step after them, is tried before it is given up. While the server is away they are tried "
    "longer, for two minutes."
)
_BATCH_ROWS: Final = (
    "Rows that a worker builds at a time, twelve times as many of clickstream; they never change a byte. Fewer take "
    "less memory and more time."
)

_ENGINE: Final = (
    "What runs shards. processes: worker processes of this machine. threads: threads of this process, where no process "
    "may be started. dask://HOST:PORT, dask+tls://HOST:PORT: the workers of a Dask cluster. dask://local: a Dask "
    "cluster of this machine, for the time of the command."
)

RUN: Group = {
    "workers": Option(
        kind=WHOLE,
        panel=RUNNING,
        text="How many workers; they never change a byte.",
        metavar="N",
        default="one a CPU, at most 8; of a cluster all",
        example="2",
    ),
    "engine": Option(
        kind=ENGINE, panel=RUNNING, text=_ENGINE, metavar="NAME", default=DEFAULT_ENGINE, example=f'"{DEFAULT_ENGINE}"'
    ),
    "if_exists": _choice(RUNNING, _IF_EXISTS, IF_EXISTS, "fail"),
    "on_conflict": _choice(RUNNING, _ON_CONFLICT, ON_CONFLICT, "error"),
    "progress": _choice(RUNNING, "How progress is shown on stderr.", PROGRESS, "auto"),
    "log_file": Option(
        kind=PATH,
        panel=RUNNING,
        text="Every event as a line of JSON, appended to this file.",
        metavar="FILE",
        default="none",
        example='"shardgen.jsonl"',
    ),
    "stall_timeout": _amount("stall_timeout", _STALL, kind=NUMBER, panel=RUNNING, metavar="SECONDS"),
    "attempts": _amount("attempts", _ATTEMPTS, kind=WHOLE, panel=RUNNING),
    "batch_rows": _amount("batch_rows", _BATCH_ROWS, kind=WHOLE, panel=RUNNING),
}
"""Options that say how."""

WORKING: Group = {name: RUN[name] for name in ("workers", "engine")}
"""What a command takes whose work is done by workers."""

WATCHED: Group = {name: RUN[name] for name in ("progress", "log_file")}
"""What a command with a display takes."""

EMBEDDED: Group = {"data_dir": PLACE["data_dir"], **FILES}
"""What the commands of the embedded server take."""

OPTIONS: Group = {**WORLD, **FORM, **KEY, **PLACE, **RUN}
"""All of them."""

OF_FILES: Final = ("format", "raw_data_as", "publish", "catalog", "namespace")
"""Options of a plan that mean nothing to a database."""
NOT_OF_FILES: Final = ("schema", "indexes")
"""Options of a plan that mean nothing to files."""

SETTABLE: Group = {name: OPTIONS[name] for name in (*PLAN_DEFAULTS, *KEY, *RUN, "target", "dsn", "data_dir")}
"""What a file or a keyword of a Python function can set: of the plan, of the run, of the place."""


def variable(name: str) -> str:
    """The environment variable of an option: ``"SHARDGEN_DAYS"``."""
    return "SHARDGEN_HOME" if name == "data_dir" else f"SHARDGEN_{name.upper()}"


def written(name: str) -> str:
    """An option as files and the command line write it: ``"orders-per-day"``."""
    return name.replace("_", "-")
