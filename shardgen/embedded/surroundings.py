"""What libpq takes from the environment, and how the embedded server's connections take nothing from it.

Variables such as PGSSLMODE, PGREQUIREAUTH or PGTZ are meant for another server. Each that libpq would read is answered
by an option of the connection string; the few that no option answers are out of the environment while a connection is
made. The list of variables is libpq's own, so that those of a newer one are known too.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import Conninfo

from shardgen.embedded.programs import NAME

_NOTHING: Final = (
    "options",
    "application_name",
    "password",
    "passfile",
    "requirepeer",
    "require_auth",
    "gsslib",
    "sslcert",
    "sslkey",
    "sslrootcert",
    "sslcrl",
    "sslcrldir",
    "ssl_max_protocol_version",
)
"""Options that mean nothing when they are empty."""

_NEUTRAL: Final = {
    "sslmode": "disable",  # these three: over a socket there is nothing to encrypt or to bind to
    "gssencmode": "disable",
    "channel_binding": "disable",
    "sslcertmode": "disable",
    "client_encoding": "UTF8",
    "connect_timeout": "15",
    "min_protocol_version": "3.0",
    "max_protocol_version": "latest",
    **dict.fromkeys(_NOTHING, ""),
}
"""What an option means nothing with, where that is not the default that libpq is compiled with."""

_ALWAYS_READ: Final = ("PGTZ", "PGDATESTYLE", "PGGEQO", "PGSERVICE", "PGSERVICEFILE")
"""Sent, or looked up, whatever the connection string says."""

_away = threading.RLock()
"""One at a time: who puts the variables back would put them into another's connection."""


def embedded_dsn(directory: Path, port: int) -> str:
    """The libpq URI of the embedded server, the same wherever PGHOST, PGPORT, PGUSER and PGDATABASE lead.

    It also answers those variables that are set now, and no others: older clients do not know every option.
    """
    host = quote(os.fsencode(directory))
    # the empty hostaddr keeps PGHOSTADDR from leading elsewhere
    dsn = f"postgresql:///{NAME}?host={host}&hostaddr=&port={port}&user={NAME}"
    answers = _answers(conninfo_to_dict(dsn))
    return dsn + (f"&{urlencode(answers, quote_via=quote)}" if answers else "")


def is_embedded(dsn: str) -> bool:
    """Whether the string is one that :func:`embedded_dsn` made, perhaps of another database there."""
    try:
        options = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        return False
    return options.get("user") == NAME and options.get("hostaddr") == "" and str(options.get("host"))[:1] == "/"


def with_search_path(dsn: str, schema: str) -> str:
    """The string for a session that finds the tables of a schema without their schema's name."""
    path = f'"{schema.replace(chr(34), chr(34) * 2)}",public'
    escaped = re.sub(r"([\\\s])", r"\\\1", path)
    return make_conninfo(dsn, options=f"-c search_path={escaped}")


def undisturbed(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for a program that talks to the embedded server alone: without what libpq would read of it."""
    kept = ("PG_COLOR", "PG_COLORS")  # of psql's messages
    return {name: value for name, value in environment.items() if not name.startswith("PG") or name in kept}


class Undisturbed(psycopg.Connection[tuple[Any, ...]]):
    """A connection to the embedded server, past the environment."""

    @classmethod
    def connect(cls, conninfo: str = "", **options: Any) -> Self:
        """As psycopg's, with nothing taken from the environment."""
        given = conninfo_to_dict(conninfo, **{name: value for name, value in options.items() if name == "dbname"})
        with _without(_unanswered(given)):
            return super().connect(make_conninfo(conninfo, **_answers(given)), **options)


def _answers(given: Mapping[str, Any]) -> dict[str, str]:
    """Options that answer the variables which are set, but for those that the string gives itself."""
    return {name: answer for name, _, answer in _open_options(given) if answer is not None}


def _unanswered(given: Mapping[str, Any]) -> set[str]:
    """Variables that are set and that no option answers."""
    return {variable for _, variable, answer in _open_options(given) if answer is None}.union(_ALWAYS_READ)


def _open_options(given: Mapping[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    """Name, variable and answer, if there is one, of each option that libpq would take from a variable."""
    for option in Conninfo.get_defaults():
        name, variable = option.keyword.decode(), (option.envvar or b"").decode()
        if name not in given and variable in os.environ:
            yield name, variable, _NEUTRAL.get(name, (option.compiled or b"").decode() or None)


@contextlib.contextmanager
def _without(variables: set[str]) -> Iterator[None]:
    """Take variables away, and put them back."""
    with _away:
        taken = {name: os.environ.pop(name) for name in variables if name in os.environ}
        try:
            yield
        finally:
            os.environ.update(taken)
