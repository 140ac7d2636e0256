"""Where the options come from, and which database they mean; config.py alone decides whether they make sense.

A value is taken from the first of: what the caller named (command line or keyword), the environment
(``SHARDGEN_CUSTOMERS``), ``.env`` in the working directory (same names), the profile named by ``--profile`` or
``SHARDGEN_PROFILE``, ``shardgen.toml`` in the working directory or the file named by ``--config`` or
``SHARDGEN_CONFIG``. The rest are the defaults of ``wanted.plan_config`` and ``config.LoadConfig``.
"""

from __future__ import annotations

import inspect
import os
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, get_args

from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from shardgen.errors import ConfigError
from shardgen.machine import texts
from shardgen.machine.processors import cpus
from shardgen.model.config import (
    ON_CONFLICT,
    PROGRESS,
    LoadConfig,
    PlanConfig,
    check_choice,
    check_schema,
)
from shardgen.options import envfile, meant
from shardgen.options.services import Variables, passed_over, without_services
from shardgen.stores.postgres.conninfo import fault
from shardgen.tables.wanted import plan_config, table_names

CONFIG_FILE = "shardgen.toml"
ENV_FILE = ".env"
_PORTS = ("postgres_port", "pgport")  # what a service's address can be taken for
_PORT = "5432"
MAX_DEFAULT_WORKERS = 8  # more backends than that rarely help one server

PROFILES: dict[str, dict[str, Any]] = {
    "demo": {"customers": 1_000, "products": 300, "orders_per_day": 20, "sessions_per_day": 100, "days": 90},
    "dev": {"customers": 5_000, "products": 1_000, "orders_per_day": 50, "sessions_per_day": 300, "days": 180},
    "bench": {
        "customers": 40_000,
        "products": 10_000,
        "orders_per_day": 600,
        "sessions_per_day": 4_000,
        "days": 365,
        "end": date(2026, 1, 1),  # the same bytes on every day and machine
    },
}
"""The profiles that are there without any file: some 150 thousand, 900 thousand and 24 million rows."""

PLAN_DEFAULTS: dict[str, Any] = {
    name: parameter.default
    for name, parameter in inspect.signature(plan_config).parameters.items()
    if parameter.default is not parameter.empty
}
"""Every option that decides the plan, with its default; also the keys of the options that the ledger stores."""

_KINDS = {int: "a whole number", float: "a number", date: "a date such as 2026-01-31", Path: "a path", str: "a text"}
_MOST_SHOWN = 60  # characters of a value in an error


def _number(value: object) -> object:
    """Booleans are integers to Python, but no number of customers."""
    return str(value) if isinstance(value, bool) else value


def _day(value: object) -> object:
    """Only ``YYYY-MM-DD`` and dates; pydantic would take seconds since 1970 as well."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and len(value) == 10:
        return date.fromisoformat(value)
    raise ValueError


def _names(value: object) -> object:
    """A list of names, as TOML and Python have it, in the form of the command line."""
    if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
        return ",".join(value)
    return value


Whole = Annotated[int | None, BeforeValidator(_number)]
Number = Annotated[float | None, BeforeValidator(_number)]
Day = Annotated[date | None, BeforeValidator(_day)]
Names = Annotated[str | None, BeforeValidator(_names)]


class Options(BaseModel):
    """Every option, parsed to its type and no further."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: Whole = None
    customers: Whole = None
    products: Whole = None
    orders_per_day: Number = None
    sessions_per_day: Number = None
    events_per_session: Number = None
    review_rate: Number = None
    warehouses: Whole = None
    scale: Number = None
    days: Whole = None
    end: Day = None
    epoch: Day = None
    horizon: Whole = None
    tables: Names = None
    schema_: str | None = Field(None, alias="schema")  # every model has a method of that name
    indexes: str | None = None
    raw_data: str | None = None

    workers: Whole = None
    stall_timeout: Number = None
    if_exists: str | None = None
    on_conflict: str | None = None
    progress: str | None = None
    log_file: Path | None = None
    dsn: str | None = None
    data_dir: Path | None = None


class _Sources(BaseSettings):
    """Configures pydantic's readers of the environment and ``.env``; a variable that is empty counts as absent."""

    model_config = SettingsConfigDict(env_ignore_empty=True)


_FIELDS = {info.alias or name: name for name, info in Options.model_fields.items()}


def variable(name: str) -> str:
    """The environment variable of an option: ``"SHARDGEN_DAYS"``."""
    return "SHARDGEN_HOME" if name == "data_dir" else f"SHARDGEN_{name.upper()}"


_VARIABLES = {name: variable(name) for name in _FIELDS}
_POINTERS = ("config", "profile")  # they say where else to look, and so are no options of a file

Layer = dict[str, tuple[Any, str]]
"""What one source says: value and origin by option."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The database that a command works on."""

    dsn: str | None = field(repr=False)
    """libpq connection string, ``""`` where libpq finds all it needs in PG*; None for the embedded server."""
    origin: str
    """What named it, for messages: ``"SHARDGEN_DSN"``."""
    note: str = ""
    """What only looked as if it named the target, in a sentence; empty where nothing did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """One option as it is in force."""

    name: str
    """As on the command line: ``"orders-per-day"``."""
    value: Any
    """A JSON value; a connection string without its secrets."""
    origin: str
    """``"command line"``, ``"SHARDGEN_DAYS in .env"``, ``"profile demo"``, ``"default"``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The options of one command, with their defaults not yet filled in."""

    values: Mapping[str, Any]
    """What somebody named, by option (``orders_per_day``), parsed; the connection string is in ``target`` alone."""
    origins: Mapping[str, str]
    """Where each of ``values`` came from: ``""`` for the caller, else ``"SHARDGEN_DAYS in .env"``."""
    target: Target
    file: Path | None
    """The configuration file that was read."""
    profile: str | None
    """The profile that was chosen."""
    profiles: tuple[str, ...]
    """Those there are."""
    notices: tuple[str, ...] = ()
    """What was passed over, and the user should know of."""

    def plan(self, today: date) -> PlanConfig:
        """The checked plan.

        Raises:
            ConfigError: a value is out of range, or two of them contradict each other.
        """
        named = {name: value for name, value in self.values.items() if name in PLAN_DEFAULTS}
        try:
            return plan_config(today=today, **named)
        except OverflowError as error:
            raise ConfigError("the window leaves the calendar: move --end or --epoch, or lower --days") from error
        except ConfigError as error:
            raise self._placed(error) from error

    def load(self, dsn: str, *, take_over: bool = False, yes: bool = False) -> LoadConfig:
        """How to load into ``dsn``, checked."""
        known = ("if_exists", "on_conflict", "stall_timeout")
        named = {name: self.values[name] for name in known if name in self.values}
        workers = self.values.get("workers", default_workers())
        try:
            return LoadConfig(dsn=dsn, workers=workers, take_over=take_over, yes=yes, **named)
        except ConfigError as error:
            raise self._placed(error) from error

    def check(self) -> None:
        """Check what a load needs beside its plan, before a server is started for it."""
        self.load("")
        if "progress" in self.values:
            check_choice("progress", self.values["progress"], PROGRESS)

    def get(self, name: str, default: Any = None) -> Any:
        """A value that somebody named, or the default."""
        return self.values.get(name, default)

    @property
    def schema(self) -> str:
        """Schema of the target.

        Raises:
            ConfigError: no schema can have this name.
        """
        name = str(self.values.get("schema", PLAN_DEFAULTS["schema"]))
        check_schema(name)
        return name

    def options(self, plan: PlanConfig) -> dict[str, Any]:
        """Every option of the plan after defaults, as JSON values: what the ledger stores."""
        effective = {name: self.values.get(name, default) for name, default in PLAN_DEFAULTS.items()}
        window = {"days": plan.days, "end": plan.end, "epoch": plan.world.epoch, "horizon": plan.world.horizon}
        return _as_json({**effective, **window, "tables": plan.tables})

    def given(self) -> dict[str, Any]:
        """The options of the plan that the caller named, in the same form: what ``--resume`` compares.

        Variables, files and profiles are left out: a load that was begun with ``--days 7`` has to go on by a mere
        ``--resume``, whatever ``days`` the file says.
        """
        named = {name: value for name, value in self.values.items() if name in PLAN_DEFAULTS and not self.origins[name]}
        if "tables" in named:
            named["tables"] = table_names(named["tables"])
        return _as_json(named)

    def effective(self, today: date, **computed: Any) -> list[Effective]:
        """Every option with the value in force and where it came from.

        Args:
            today: the day on which a window ends by default.
            computed: values that only the caller knows: of the target, and of what depends on the machine.
        """
        how = self.load("")
        known = {name: getattr(how, name) for name in _FIELDS if hasattr(how, name)}
        known |= {
            name: self.get(name, first[0]) for name, first in (("progress", PROGRESS), ("on_conflict", ON_CONFLICT))
        }
        known |= self.options(self.plan(today)) | computed
        origins = {**({"dsn": self.target.origin} if self.target.dsn is not None else {}), **self.origins}
        return [
            Effective(
                name=name.replace("_", "-"),
                value=value,
                origin=(origins[name] or "command line") if name in origins else "default",
            )
            for name, value in _as_json({name: known.get(name, self.get(name)) for name in _FIELDS}).items()
        ]

    def _placed(self, error: ConfigError) -> ConfigError:
        """The same error, with the place that the value came from where that is not the command line."""
        name = str(error).partition("=")[0].replace("-", "_")
        origin = self.origins.get(name)
        return ConfigError(f"{error} (it comes from {origin})") if origin else error


def utc_today() -> date:
    """The day on which a window ends by default."""
    return datetime.now(UTC).date()


def default_workers() -> int:
    """One worker for each CPU that this process may use, up to MAX_DEFAULT_WORKERS."""
    return min(MAX_DEFAULT_WORKERS, cpus())


def read(named: Mapping[str, Any], *, config: Path | str | None = None, profile: str | None = None) -> Settings:
    """Gather the options from all their sources.

    Args:
        named: what the caller named, by option (``orders_per_day``); None counts as not named.
        config: the TOML file to read instead of ``shardgen.toml``.
        profile: which of the profiles to use.

    Raises:
        ConfigError: an option or a profile is unknown, a value is not of its type, a file cannot be read, or a
            connection string is not one.
    """
    around = EnvSettingsSource(_Sources).env_vars
    beside, odd = envfile.read(ENV_FILE)
    environment, dotenv = without_services(around), without_services(beside)
    both = {**dotenv, **environment}
    file = _file(config or both.get("shardgen_config"))
    from_file, profiles = _toml(file) if file else ({}, _built_in())
    chosen = profile or both.get("shardgen_profile") or None
    if chosen:
        check_choice("profile", chosen, tuple(profiles))
    layers = (
        from_file,
        profiles[chosen] if chosen else {},
        _variables(dotenv, f" in {ENV_FILE}"),
        _variables(environment),
        {_known(name, "option", _FIELDS): (value, "") for name, value in named.items() if value is not None},
    )
    merged: Layer = {}
    for layer in layers:
        merged |= layer
    origins = {name: origin for name, (_, origin) in merged.items()}
    values = _parsed({name: value for name, (value, _) in merged.items()}, origins)
    dsn = values.pop("dsn", None)
    target = _target(dsn, origins, environment, dotenv, passed_over({**beside, **around}, _PORTS))
    return Settings(
        values=values, origins=origins, target=target, file=file, profile=chosen, profiles=tuple(profiles), notices=odd
    )


def _file(named: Path | str | None) -> Path | None:
    """The configuration file, if there is one; one that was named must be there."""
    if named:
        return Path(named)
    return Path(CONFIG_FILE) if os.path.lexists(CONFIG_FILE) else None


def _toml(file: Path) -> tuple[Layer, dict[str, Layer]]:
    """The options and the profiles of a TOML file, these together with the built-in ones."""
    try:
        content = tomllib.loads(texts.read(file))
    except OSError as error:
        raise ConfigError(f"config={str(file)!r} cannot be read: {texts.reason(error)}") from error
    except (tomllib.TOMLDecodeError, UnicodeError) as error:
        raise ConfigError(f"config={str(file)!r} is not TOML: {error}") from error
    tables = content.pop("profiles", {})
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise ConfigError(f"profiles in {file} are no tables: write [profiles.NAME] above the options of each")
    profiles = _built_in()
    for name, table in tables.items():
        profiles[name] = profiles.get(name, {}) | _options(table, f"[profiles.{name}] in {file}", " of ")
    return _options(content, str(file), " in "), profiles


def _options(table: Mapping[str, Any], place: str, joint: str) -> Layer:
    """Options out of a TOML table; ``orders-per-day`` and ``orders_per_day`` are the same."""
    for key in table.keys() & set(_POINTERS):
        raise ConfigError(f"key of {place} {key!r} has no meaning there: use --{key} or SHARDGEN_{key.upper()}")
    return {
        _known(key.replace("-", "_"), f"key of {place}", _FIELDS): (value, f"{key}{joint}{place}")
        for key, value in table.items()
    }


def _built_in() -> dict[str, Layer]:
    return {
        name: {option: (value, f"profile {name}") for option, value in options.items()}
        for name, options in PROFILES.items()
    }


def _variables(variables: Variables, where: str = "") -> dict[str, tuple[Any, str]]:
    """Options out of the environment or ``.env``; a variable that is nearly one of ours is a mistake."""
    ours = {variable.lower() for variable in _VARIABLES.values()} | {f"shardgen_{name}" for name in _POINTERS}
    for key in variables:
        if key.startswith("shardgen_") and key not in ours and get_close_matches(key, ours, cutoff=0.9):
            _known(key.upper(), f"variable{where}", {name.upper() for name in ours})
    found = {name: (variables.get(variable.lower()), variable + where) for name, variable in _VARIABLES.items()}
    return {name: (value, origin) for name, (value, origin) in found.items() if value}


def _known(name: str, kind: str, known: Collection[str]) -> str:
    """The name itself, if it is known."""
    if name in known:
        return name
    found = meant.options(name, known)
    near = " or ".join(f"{option!r}" + (f" ({value!r})" if value else "") for option, value in found[:2])
    raise ConfigError(f"{kind} {name!r} is unknown: " + (f"did you mean {near}?" if near else f"use {_listed(known)}"))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _parsed(values: Mapping[str, Any], origins: Mapping[str, str]) -> dict[str, Any]:
    """The values in their types.

    Raises:
        ConfigError: one line for each value that is not of its type.
    """
    try:
        options = Options(**values)
    except ValidationError as error:  # its own text is for programmers, and holds the values
        wrong = {str(detail["loc"][0]): detail["input"] for detail in error.errors()}
        raise ConfigError("\n".join(_sentence(name, wrong[name], origins) for name in wrong)) from None
    parsed = {name: getattr(options, _FIELDS[name]) for name in values}
    for name, value in parsed.items():
        if isinstance(value, str) and not value.isascii() and value.encode(errors="ignore").decode() != value:
            raise ConfigError(f"{_sentence(name, value, origins)} in UTF-8")
    return parsed


def _sentence(name: str, value: object, origins: Mapping[str, str]) -> str:
    annotation = Options.model_fields[_FIELDS[name]].annotation
    kind = next(text for type_, text in _KINDS.items() if type_ in get_args(annotation))
    origin = f" (it comes from {origins[name]})" if origins[name] else ""
    text = repr(value)
    short = text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."
    return f"{name.replace('_', '-')}{'' if name == 'dsn' else f'={short}'} is not {kind}{origin}"


def _as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Dates as ISO strings, tuples as lists, paths as texts."""
    plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
    plain = {name: str(value) if isinstance(value, Path) else value for name, value in plain.items()}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}


# --- the target -------------------------------------------------------------------------------------------------------


def _target(
    dsn: str | None, origins: Mapping[str, str], environment: Variables, dotenv: Variables, note: str
) -> Target:
    """The database that is meant: the first of these that is named.

    1. ``--dsn``, ``SHARDGEN_DSN`` (environment, then ``.env``), ``dsn`` in the TOML file.
    2. ``POSTGRES_HOST``, ``_PORT``, ``_DB`` or ``_USER``, as PostgreSQL's container image and Compose files have them,
       with ``POSTGRES_PASSWORD``; in the environment or ``.env``. The host defaults to localhost, the user to postgres.
    3. libpq's own ``PGHOST``, ``PGHOSTADDR``, ``PGPORT``, ``PGDATABASE`` or ``PGSERVICE``. Those of the environment
       stay libpq's business (an empty connection string), with its service and password files; those of ``.env``,
       which libpq does not read, are put into the string unless the environment has them.
    4. The embedded server.

    Ports that are a service's address are not among them, as the note says. ``DATABASE_URL`` is not looked at: it
    usually names the database of an application, not a place for test data.
    """
    if dsn is not None:
        origin = origins["dsn"] or "--dsn"
        return Target(dsn=_checked_dsn(dsn, origin), origin=origin)
    both = {**dotenv, **environment}
    if any(both.get(f"postgres_{part}") for part in ("host", "port", "db", "user")):
        return Target(dsn=_compose_dsn(both), origin="POSTGRES_*", note=note)
    if any(both.get(variable) for variable in ("pghost", "pghostaddr", "pgport", "pgdatabase", "pgservice")):
        options = _libpq_options(dotenv, environment)
        if "PGPORT" in note and not both.get("pgport") and not both.get("pgservice"):
            options["port"] = _PORT  # libpq would read the variable
        return Target(dsn=make_conninfo(**options), origin="PG*", note=note)
    return Target(dsn=None, origin="the embedded server", note=note)


def _checked_dsn(dsn: str, origin: str) -> str:
    """The string itself, if libpq can parse it; its own words could quote a part of the password."""
    if not dsn.strip():
        raise ConfigError(f"{origin} is empty: leave it out for the embedded server, or name a database")
    dsn = dsn.strip()
    if why := fault(dsn):
        raise ConfigError(f"{origin} is no connection string: {why}")
    return dsn


def _compose_dsn(variables: Variables) -> str:
    user = variables.get("postgres_user") or "postgres"
    return make_conninfo(
        host=variables.get("postgres_host") or "localhost",
        port=variables.get("postgres_port"),
        dbname=variables.get("postgres_db") or user,
        user=user,
        password=variables.get("postgres_password"),
    )


def _libpq_options(dotenv: Variables, environment: Variables) -> dict[str, str]:
    """PG* that only ``.env`` has, by libpq's keywords."""
    keywords = {
        option.envvar.decode().lower(): option.keyword.decode() for option in Conninfo.get_defaults() if option.envvar
    }
    named = {variable: dotenv.get(variable) for variable in keywords if not environment.get(variable)}
    return {keywords[variable]: value for variable, value in named.items() if value}
