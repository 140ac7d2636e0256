"""Which place is meant, a database or a lake, and what named it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from shardgen.errors import ConfigError, Given, Part, Text, Use
from shardgen.options.services import Variables

_PORT = "5432"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The place that a command works on."""

    dsn: str | None = field(repr=False)
    """libpq connection string, ``""`` where libpq finds all it needs in PG*; None for a lake and for the embedded
    server."""
    origin: str
    """What named it, for messages: ``"SHARDGEN_DSN"``."""
    note: str = ""
    """What only looked as if it named the target, in a sentence; empty where nothing did."""
    lake: str = ""
    """The address of a lake, which holds no secret; empty for a database."""

    @property
    def embedded(self) -> bool:
        """Whether the embedded server is meant."""
        return self.dsn is None and not self.lake

    @property
    def shown(self) -> str:
        """The place as it may be shown: without secrets."""
        from shardgen.stores.naming import shown

        return self.lake or (shown(self.dsn) if self.dsn else self.origin)


def named(dsn: str, origin: str) -> Place:
    """The place of a connection string.

    Args:
        dsn: as it was given.
        origin: where it came from; empty for the caller.

    Raises:
        ConfigError: libpq cannot parse it; its own words could quote a part of the password.
    """
    from shardgen.stores.naming import fault

    who: Part = origin or Use("dsn")
    if not dsn.strip():
        raise ConfigError(who, " is empty", remedy="leave it out for the embedded server, or name a database")
    if why := fault(dsn.strip()):
        raise ConfigError(who, f" is no connection string: {why}")
    return Place(dsn=dsn.strip(), origin=origin or str(Use("dsn")))


def by_address(target: str, origin: str) -> Place:
    """The place of an address that begins with what kind of place it is.

    Args:
        target: as it was given.
        origin: where it came from; empty for the caller.

    Raises:
        ConfigError: it is none.
    """
    from shardgen.stores.naming import DATABASES, address_fault

    address = target.strip()
    if address.lower().startswith(DATABASES):
        return named(address, origin or str(Use("target")))
    if why := address_fault(address):
        who: Part = origin or Use("target")
        raise ConfigError(who, " ", why)
    return Place(dsn=None, origin=origin or str(Use("target")), lake=address)


def beside(lake: str, named: str | None) -> str:
    """Where the answer key of a lake is loaded: another lake, of which neither is a part of the other.

    Args:
        lake: its address.
        named: that of the other; without it that of the lake with ``_answers`` behind it.

    Raises:
        ConfigError: it is none, or not apart.
    """
    from shardgen.stores.naming import address_fault

    lake = lake.rstrip("/")
    if not named and "/" not in lake.partition("://")[2]:
        remedy = Text("name another address by ", Use("answers_schema"))
        raise ConfigError(Given("answers", "load"), " needs a place beside the whole bucket", remedy=remedy)
    place = (named or f"{lake}_answers").rstrip("/")
    if why := address_fault(place):
        raise ConfigError(Use("answers_schema"), " ", why)
    if place == lake or place.startswith(f"{lake}/") or lake.startswith(f"{place}/"):
        told = " is not apart from the lake: whoever is graded would find the key in it"
        raise ConfigError(Given("answers_schema", place), told, remedy="name another address")
    return place


def found(environment: Variables, dotenv: Variables, note: str) -> Place:
    """The place that the variables of other programs name, the first of these, else the embedded server.

    1. ``POSTGRES_HOST``, ``_PORT``, ``_DB`` or ``_USER``, as PostgreSQL's container image and Compose files have them,
       with ``POSTGRES_PASSWORD``; in the environment or ``.env``. The host defaults to localhost, the user to postgres.
    2. libpq's own ``PGHOST``, ``PGHOSTADDR``, ``PGPORT``, ``PGDATABASE`` or ``PGSERVICE``. Those of the environment
       stay libpq's business (an empty connection string), with its service and password files; those of ``.env``,
       which libpq does not read, are put into the string unless the environment has them.

    Ports that are a service's address are not among them, as the note says. ``DATABASE_URL`` is not looked at: it
    usually names the database of an application, not a place for test data.
    """
    both = {**dotenv, **environment}
    if any(both.get(f"postgres_{part}") for part in ("host", "port", "db", "user")):
        return Place(dsn=_composed(both), origin="POSTGRES_*", note=note)
    if any(both.get(variable) for variable in ("pghost", "pghostaddr", "pgport", "pgdatabase", "pgservice")):
        options = _libpq_options(dotenv, environment)
        if "PGPORT" in note and not both.get("pgport") and not both.get("pgservice"):
            options["port"] = _PORT  # libpq would read the variable
        return Place(dsn=_conninfo(**options), origin="PG*", note=note)
    return Place(dsn=None, origin="the embedded server", note=note)


def _composed(variables: Variables) -> str:
    user = variables.get("postgres_user") or "postgres"
    return _conninfo(
        host=variables.get("postgres_host") or "localhost",
        port=variables.get("postgres_port"),
        dbname=variables.get("postgres_db") or user,
        user=user,
        password=variables.get("postgres_password"),
    )


def _conninfo(**options: Any) -> str:
    from psycopg.conninfo import make_conninfo

    return make_conninfo(**options)


def _libpq_options(dotenv: Variables, environment: Variables) -> dict[str, str]:
    """PG* that only ``.env`` has, by libpq's keywords."""
    from psycopg.pq import Conninfo

    keywords = {
        option.envvar.decode().lower(): option.keyword.decode() for option in Conninfo.get_defaults() if option.envvar
    }
    named = {variable: dotenv.get(variable) for variable in keywords if not environment.get(variable)}
    return {keywords[variable]: value for variable, value in named.items() if value}
