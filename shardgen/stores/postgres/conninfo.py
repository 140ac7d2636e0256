"""Connection strings: what is wrong with one, and the spelling that works; no part of a password is ever repeated.

libpq reads two spellings, ``host=... dbname=...`` and ``postgresql://...``. People paste those of other programs, or
leave in a password what a URI takes for its own; libpq then stumbles, or reads a part of the password as the host.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

SECRETS: Final = ("password", "sslpassword", "oauth_client_secret")
_SCHEMES: Final = ("postgresql://", "postgres://")
_USAGE: Final = "use 'host=... dbname=... user=...', or postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
_ENCODE: Final = (
    "percent-encode special characters of the password: @ is %40, : %3A, / %2F, ? %3F, # %23, % %25, space %20"
)
_WRAPPED: Final = re.compile(
    r"""(?:(?:export\s+)?[A-Za-z_]\w*=|psql\s+)?['"]?((?:postgres(?:ql)?|jdbc:)\S+?)['"]?;?""", re.DOTALL
)
_DRIVER: Final = re.compile(r"(postgres(?:ql)?)\+\w+://", re.IGNORECASE)
_JDBC: Final = re.compile(r"jdbc:(?:postgres(?:ql)?):(?://)?", re.IGNORECASE)
_OTHER: Final = re.compile(r"([A-Za-z][\w+.-]{0,30})://")
_SLASHES: Final = re.compile(r"(postgres(?:ql)?):?/{1,2}(?!/)", re.IGNORECASE)
_NAME: Final = re.compile(r"[A-Za-z_][\w ]{0,40}")
_MAX_PORT: Final = 65_535


def fault(dsn: str) -> str:
    """What is wrong with a connection string and what to write instead, in a sentence; empty where it can be used."""
    try:
        found = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError as error:
        return _misspelt(dsn.strip()) or _by_libpq(dsn, str(error))
    return _misread(dsn, {name: str(value) for name, value in found.items() if value is not None})


def _misspelt(dsn: str) -> str:
    """The spellings of other programs."""
    is_uri = dsn.lower().startswith(_SCHEMES)
    if (wrapped := _WRAPPED.fullmatch(dsn)) and wrapped[1] != dsn:
        return f"only the address itself is wanted{_instead(_libpq_uri(wrapped[1]))}"
    if _JDBC.match(dsn) or _DRIVER.match(dsn):
        whose = "JDBC" if _JDBC.match(dsn) else "SQLAlchemy, with a driver in it"
        return f"it is an address for {whose}{_instead(_libpq_uri(dsn))}"
    if not is_uri and (other := _OTHER.match(dsn)):
        return f"{other[1]}:// is no address of PostgreSQL: {_USAGE}"
    if not is_uri and _SLASHES.match(dsn):
        return f"postgresql:// is how it begins{_instead(_SLASHES.sub('postgresql://', dsn, count=1))}"
    return _SEMICOLONS if ";" in dsn and "=" in dsn and "://" not in dsn else ""


_SEMICOLONS: Final = f"options are parted by spaces, and not by semicolons: {_USAGE}"


def _misread(dsn: str, found: Mapping[str, str]) -> str:
    """What libpq reads, but hardly as it was meant."""
    ports = [port for port in found.get("port", "").split(",") if port]
    hosts = [host[1:] for host in found.get("host", "").split(",") if host]  # @ at the beginning is an abstract socket
    if any(";" in host for host in hosts):
        return _SEMICOLONS
    wrong_port = not all(port.isascii() and port.isdigit() and 0 < int(port) <= _MAX_PORT for port in ports)
    cut = "@" in _behind_slash(dsn) and (wrong_port or "@" in found.get("dbname", ""))
    if dsn.strip().lower().startswith(_SCHEMES) and (cut or any("@" in host for host in hosts)):
        return f"a character in it ends the password too early: {_ENCODE}{_instead(_encoded(dsn))}"
    if wrong_port:
        return f"its port is no number from 1 to {_MAX_PORT}: {_USAGE}"
    return ""


def _by_libpq(dsn: str, text: str) -> str:
    """What libpq says, but for what it quotes, with a remedy."""
    if not dsn.strip().lower().startswith(_SCHEMES):
        return _bad_keyword(dsn, text)
    if "@" in _behind_slash(dsn):  # and so may be of the password what libpq quotes
        return f"a character in it ends the password too early: {_ENCODE}{_instead(_encoded(dsn))}"
    if match := re.search(r'invalid URI query parameter: "(.*)"', text):
        why = "a pooler is noticed by itself" if match[1] == "pgbouncer" else "libpq does not know it"
        return f"libpq says: invalid URI query parameter {match[1]!r}: leave it out, {why}{_instead(_libpq_uri(dsn))}"
    said = text.partition('"')[0].strip(" :,\n") or "it cannot be read"
    return f"libpq says: {said}: {_ENCODE}{_instead(_encoded(dsn))}"


def _behind_slash(uri: str) -> str:
    return uri.partition("://")[2].partition("/")[2]


def _bad_keyword(dsn: str, text: str) -> str:
    match = re.search(r'invalid connection option "(.*)"', text)
    if match and _is_no_secret(match[1], dsn):
        near = get_close_matches(match[1].lower(), _keywords(), n=1, cutoff=0.6)
        meant = f"did you mean {near[0]!r}?" if near else _USAGE
        return f"libpq says: invalid connection option {match[1]!r}: {meant}"
    if "unterminated quoted string" in text:
        return f"libpq says: unterminated quoted string: close the quote, or write \\' for one in a value: {_USAGE}"
    if match:
        return f"libpq says: invalid connection option: {_USAGE}"
    return f"libpq says: missing \"=\" after a word: put a value with a space in quotes, password='...': {_USAGE}"


def _is_no_secret(name: str, dsn: str) -> bool:
    """Whether a word that libpq takes for a keyword cannot be a part of a password: none is given before it."""
    return bool(_NAME.fullmatch(name)) and not re.search(r"passw(or)?d\s*=", dsn.partition(name)[0], re.IGNORECASE)


def _keywords() -> list[str]:
    return [option.keyword.decode() for option in Conninfo.get_defaults()]


def _libpq_uri(text: str) -> str:
    """The address as libpq reads it: its scheme, and of the parameters those that it knows."""
    rest = _JDBC.sub("", _DRIVER.sub("", text)) if "://" in text else text
    rest = re.sub(r"^postgres(ql)?://", "", rest)
    place, _, query = rest.partition("?")
    given = dict(parse_qsl(query))
    user, password = given.pop("user", ""), given.pop("password", "")
    if user:
        place = f"{quote(user, safe='')}{':' + quote(password, safe='') if password else ''}@{place}"
    if given.get("ssl") in ("true", "require"):  # asyncpg's and JDBC's
        given.setdefault("sslmode", "require")
    kept = {name: value for name, value in given.items() if name in _keywords()}
    return "postgresql://" + place + (f"?{urlencode(kept)}" if kept else "")


def _encoded(uri: str) -> str:
    """The address with user and password percent-encoded, supposing that the last @ stands before the host."""
    credentials, found, place = uri.partition("://")[2].rpartition("@")
    user, colon, password = credentials.partition(":")
    if not found or not colon:
        return ""
    return f"postgresql://{quote(unquote(user), safe='')}:{quote(password, safe='')}@{place}"


def _instead(uri: str) -> str:
    """The spelling that works, if it does, without its secrets."""
    try:
        found = conninfo_to_dict(uri) if uri else {}
    except psycopg.ProgrammingError:
        found = {}
    if not found or _misread(uri, {name: str(value) for name, value in found.items()}):
        return f": {_USAGE}"
    shown = re.sub(r"^(postgresql://[^:/?@]*):[^@]*@", r"\1:***@", uri)
    for name in SECRETS:
        shown = re.sub(rf"([?&]{name}=)[^&]*", r"\1***", shown)
    return f": use '{shown}'"
