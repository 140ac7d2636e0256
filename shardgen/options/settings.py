"""The options of one command, read from where they come from; model/config.py alone decides whether they make sense.

A value is taken from the first of: what the caller named (command line or keyword), the environment
(``SHARDGEN_CUSTOMERS``), ``.env`` in the working directory (same names), the profile named by ``--profile`` or
``SHARDGEN_PROFILE``, ``shardgen.toml`` in the working directory or the file named by ``--config`` or
``SHARDGEN_CONFIG``. The rest are the defaults of ``wanted.plan_config`` and ``config.LoadConfig``.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from shardgen.errors import ConfigError, Given, Part, Text, Use
from shardgen.machine.processors import cpus
from shardgen.model.checks import check_catalog, check_choice, check_schema
from shardgen.model.choices import FORMATS, ON_CONFLICT, PROGRESS
from shardgen.model.config import MAX_WORKERS, SHOP, LoadConfig, PlanConfig
from shardgen.options import envfile, meant, place, profiles, secrets
from shardgen.options.declared import (
    FILES,
    LOAD_DEFAULTS,
    NOT_OF_FILES,
    OF_FILES,
    PLAN_DEFAULTS,
    SETTABLE,
    variable,
    written,
)
from shardgen.options.place import Place
from shardgen.options.profiles import Layer
from shardgen.options.secrets import Secret
from shardgen.options.services import Variables, passed_over, without_services
from shardgen.tables.wanted import plan_config, table_names

ENV_FILE: Final = ".env"
MAX_DEFAULT_WORKERS: Final = 8  # more backends than that rarely help one server
_PLACES: Final = ("dsn", "target")
_PORTS: Final = ("postgres_port", "pgport")  # what a service's address can be taken for
_VARIABLES: Final = {name: variable(name) for name in SETTABLE}
_MOST_SHOWN: Final = 60  # characters of a value in an error


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
    target: Place
    file: Path | None
    """The configuration file that was read."""
    profile: str | None
    """The profile that was chosen."""
    of_profile: frozenset[str]
    """The options whose value it gave."""
    profiles: tuple[str, ...]
    """Those there are."""
    notices: tuple[str, ...] = ()
    """What was passed over, and the user should know of."""
    secret: Secret = field(default_factory=Secret)
    """That dirt follows from."""

    def plan(self, today: date) -> PlanConfig:
        """The checked plan.

        Raises:
            ConfigError: a value is out of range, or two of them contradict each other.
        """
        named = {name: value for name, value in self.values.items() if name in PLAN_DEFAULTS}
        try:
            with self._origins_told():
                return self.secret.given_to(plan_config(today=today, **self._of_place(named)))
        except OverflowError as error:
            remedy = Text("move ", Use("end"), " or ", Use("epoch"), ", or lower ", Use("days"))
            raise ConfigError("the window leaves the calendar", remedy=remedy) from error

    def _of_place(self, named: dict[str, Any]) -> dict[str, Any]:
        """The options of a plan for the place that is meant: files have a form, and no schema and indexes.

        Raises:
            ConfigError: the caller named what means nothing there.
        """
        self._check_idle(named)
        where = named.get("answers_schema")
        if where and named.get("answers", "none") == "none" and not self.origins["answers_schema"]:
            remedy = Text("add ", Use("answers", "load"), ", or leave it out")
            raise ConfigError(Given("answers_schema", where), " is for a key that is loaded", remedy=remedy)
        kept = {name: value for name, value in named.items() if name not in self._idle}
        if not self.target.lake:
            return kept
        wanted = {"format": FORMATS[0], **kept}
        if wanted["format"] == "parquet" and named.get("dirt", "none") != "none":
            wanted = {"raw_data_as": "json", **wanted}
        return wanted | (
            {"answers_schema": place.beside(self.target.lake, where)} if named.get("answers") == "load" else {}
        )

    @property
    def _idle(self) -> tuple[str, ...]:
        """Options of a plan that mean nothing to the place that is meant."""
        return NOT_OF_FILES if self.target.lake else OF_FILES

    def _check_idle(self, named: Mapping[str, Any]) -> None:
        for name in self._idle:
            if name in named and not self.origins[name]:
                raise _idle(name, named[name], self.target.lake)

    def load(self, *, take_over: bool = False, yes: bool = False, slots: int | None = None) -> LoadConfig:
        """How to load, checked.

        Args:
            take_over: end the sessions of a load that holds the target.
            yes: whether rows that shardgen did not load may be lost.
            slots: workers that the engine has, where it says so.
        """
        named = {"workers": min(slots, MAX_WORKERS) if slots else default_workers()} | {
            name: self.values[name] for name in LOAD_DEFAULTS & self.values.keys()
        }
        with self._origins_told():
            return LoadConfig(take_over=take_over, yes=yes, **named)

    @property
    def made_key(self) -> str:
        """The secret that was made for the dirt of a plan, and that its user must be told; empty where none was."""
        return self.secret.made if self.get("dirt", "none") != "none" and not self.secret.told else ""

    def check(self) -> None:
        """Check what a load needs beside its plan, before a server is started for it."""
        self.load()
        with self._origins_told():
            check_choice("progress", self.get("progress", PROGRESS[0]), PROGRESS)

    def without(self, *names: str) -> Settings:
        """The same as if nobody had named some options."""
        kept = {name: value for name, value in self.values.items() if name not in names}
        return replace(self, values=kept)

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
        idle = NOT_OF_FILES if plan.format else OF_FILES
        effective = {
            name: self.values.get(name, default) for name, default in PLAN_DEFAULTS.items() if name not in idle
        }
        window = {"days": plan.days, "end": plan.end, "epoch": plan.world.epoch, "horizon": plan.world.horizon}
        form = {"answers_schema": plan.answers}
        if plan.format:
            form |= {"format": plan.format, "raw_data_as": plan.raw_data_as}
        return _as_json({**effective, **window, **form, "tables": plan.tables})

    def given(self) -> dict[str, Any]:
        """The options of the plan that the caller named, in the same form: what ``--resume`` compares.

        Variables, files and profiles are left out: a load that was begun with ``--days 7`` has to go on by a mere
        ``--resume``, whatever ``days`` the file says.
        """
        named = {name: value for name, value in self.values.items() if name in PLAN_DEFAULTS and not self.origins[name]}
        self._check_idle(named)
        if "tables" in named:
            named["tables"] = table_names(named["tables"], self.get("dataset", SHOP))
        return _as_json(named)

    def effective(self, today: date, **computed: Any) -> list[Effective]:
        """Every option with the value in force and where it came from.

        Args:
            today: the day on which a window ends by default.
            computed: values that only the caller knows: of the target, and of what depends on the machine.
        """
        how = self.load()
        known = {name: getattr(how, name) for name in SETTABLE if hasattr(how, name)}
        known |= {
            name: self.get(name, first[0]) for name, first in (("progress", PROGRESS), ("on_conflict", ON_CONFLICT))
        }
        known |= self.options(self.plan(today)) | computed
        named = "target" if self.target.lake else "dsn"
        origins = {**({} if self.target.embedded else {named: self.target.origin}), **self.origins}
        return [
            Effective(
                name=written(name),
                value=value,
                origin=(origins[name] or "command line") if name in origins else "default",
            )
            for name, value in _as_json({name: known.get(name, self.get(name)) for name in SETTABLE}).items()
        ]

    @contextlib.contextmanager
    def _origins_told(self) -> Iterator[None]:
        """Have an error tell where the value came from that it is about, unless the caller named that."""
        try:
            yield
        except ConfigError as error:
            error.origin = self.origins.get(error.given.option, "") if error.given else ""
            raise


def _idle(name: str, value: Any, lake: str) -> ConfigError:
    if lake:
        return ConfigError(Given(name, value), " means nothing for files", remedy="leave it out")
    remedy = Text("name a lake by ", Use("target"), ", or leave it out")
    return ConfigError(Given(name, value), " is for files, and the target is a database", remedy=remedy)


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
    around = {name.lower(): value for name, value in os.environ.items() if value}
    beside, odd = envfile.read(ENV_FILE)
    environment, dotenv = without_services(around), without_services(beside)
    both = {**dotenv, **environment}
    file = profiles.file(config or both.get("shardgen_config"))
    from_file, known = profiles.read(file)
    chosen = profile or both.get("shardgen_profile") or None
    if chosen:
        check_choice("profile", chosen, tuple(known))
    of_profile: Layer = known[chosen] if chosen else {}
    merged = _merged(
        from_file,
        of_profile,
        _variables(dotenv, f" in {ENV_FILE}"),
        _variables(environment),
        {meant.known(name, "option", SETTABLE): (value, "") for name, value in named.items() if value is not None},
    )
    values, note = _checked(_parsed(merged)), passed_over({**beside, **around}, _PORTS)
    return Settings(
        values=values,
        origins={name: origin for name, (_, origin) in merged.items()},
        target=_place(values, merged) or place.found(environment, dotenv, note),
        file=file,
        profile=chosen,
        of_profile=frozenset(name for name in of_profile if merged[name] is of_profile[name]),
        profiles=tuple(known),
        notices=odd,
        secret=secrets.told(values.get("dirt_key_file"), both.get(secrets.VARIABLE) or ""),
    )


def _variables(variables: Variables, where: str = "") -> Layer:
    """Options out of the environment or ``.env``; a variable that is nearly one of ours is a mistake."""
    ours = {secrets.VARIABLE, *(variable(name).lower() for name in (*SETTABLE, *FILES))}
    for key in variables:
        if key.startswith("shardgen_") and key not in ours and get_close_matches(key, ours, cutoff=0.9):
            meant.known(key.upper(), f"variable{where}", {name.upper() for name in ours})
    found = {name: (variables.get(variable.lower()), variable + where) for name, variable in _VARIABLES.items()}
    return {name: (value, origin) for name, (value, origin) in found.items() if value}


def _merged(*layers: Layer) -> Layer:
    """The layers as one, each before those that come earlier; who names a place by one option drops the other.

    Raises:
        ConfigError: one of them names two places.
    """
    merged: Layer = {}
    for layer in layers:
        spoken = [name for name in _PLACES if name in layer]
        if len(spoken) > 1:
            raise _two_places(layer)
        for name in _PLACES if spoken else ():
            merged.pop(name, None)
        merged |= layer
    return merged


def _two_places(layer: Layer) -> ConfigError:
    both = [layer[name][1] or Use(name) for name in _PLACES]
    return ConfigError(*Text.joined(" and ", both).parts, " name one place each", remedy="leave one of them out")


def _place(values: dict[str, Any], merged: Layer) -> Place | None:
    """The place that an option names, taken out of the values; None where none does."""
    dsn, target = (values.pop(name, None) for name in _PLACES)
    if dsn is not None:
        return place.named(dsn, merged["dsn"][1])
    return None if target is None else place.by_address(target, merged["target"][1])


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    """The values, none of which holds a secret that a message could show."""
    if "catalog" in values:
        check_catalog(values["catalog"])
    return values


def _parsed(merged: Layer) -> dict[str, Any]:
    """The values in their types, in the order in which the options are declared.

    Raises:
        ConfigError: one line for each value that is not of its type.
    """
    parsed: dict[str, Any] = {}
    wrong: list[Part] = []
    for name in (each for each in SETTABLE if each in merged):
        value, origin = merged[name]
        try:
            parsed[name] = SETTABLE[name].kind.parse(value)
        except (ArithmeticError, TypeError, ValueError):
            wrong.append(_not_of_its_kind(name, value, origin))
    if wrong:
        raise ConfigError(Text.joined("\n", wrong))
    for name, value in parsed.items():
        if isinstance(value, str) and value.encode(errors="ignore").decode() != value:
            raise ConfigError(_not_of_its_kind(name, value, merged[name][1]), " in UTF-8")
    return parsed


def _not_of_its_kind(name: str, value: Any, origin: str) -> Text:
    """What is said of a value; nothing of a connection string, whose password it could hold."""
    came = f" (it comes from {origin})" if origin else ""
    shown = written(name) if name in _PLACES else Given(name, _short(value))
    return Text(shown, f" is not {SETTABLE[name].kind.name}{came}")


def _short(value: Any) -> Any:
    """The value, or the beginning of a long one."""
    text = value if isinstance(value, str) else repr(value)
    if len(text) > _MOST_SHOWN:
        return f"{text[:_MOST_SHOWN]}..."
    return str(value) if isinstance(value, bool) else value


def _as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Dates as ISO strings, tuples as lists, paths as texts."""
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    match value:
        case date():
            return value.isoformat()
        case Path():
            return str(value)
        case tuple():
            return list(value)
    return value
