"""Connection strings that people paste: what is wrong is said with the spelling that works, and no part of a secret."""

from __future__ import annotations

import re

import pytest
from psycopg.conninfo import conninfo_to_dict

from shardgen.api import load
from shardgen.errors import ConfigError, TargetError
from shardgen.options.settings import read
from shardgen.stores.postgres.conninfo import fault
from shardgen.stores.postgres.postgres import mask, probe, without_secret

WORKS = "postgresql://u:***@h:1/db"
OF_OTHER_PROGRAMS = [
    ("postgresql://u:geheim@h:1/db?pgbouncer=true", "invalid URI query parameter 'pgbouncer': leave it out"),
    ("postgres://u:geheim@h:1/db?connection_limit=1&pgbouncer=true", "parameter 'connection_limit': leave it out"),
    ("postgresql://u:geheim@h:1/db?schema=public", "parameter 'schema': leave it out"),
    ("postgresql+psycopg://u:geheim@h:1/db", "for SQLAlchemy"),
    ("postgresql+psycopg2://u:geheim@h:1/db", "for SQLAlchemy"),
    ("postgres+asyncpg://u:geheim@h:1/db?prepared_statement_cache_size=0", "for SQLAlchemy"),
    ("jdbc:postgresql://h:1/db?user=u&password=geheim", "for JDBC"),
    ("jdbc:postgres://u:geheim@h:1/db", "for JDBC"),
    ("psql 'postgresql://u:geheim@h:1/db'", "only the address itself is wanted"),
    ("psql postgresql://u:geheim@h:1/db", "only the address itself is wanted"),
    ("'postgresql://u:geheim@h:1/db'", "only the address itself is wanted"),
    ('"postgresql://u:geheim@h:1/db"', "only the address itself is wanted"),
    ("'postgresql://u:geheim@h:1/db", "only the address itself is wanted"),
    ("DATABASE_URL=postgresql://u:geheim@h:1/db", "only the address itself is wanted"),
    ("export DATABASE_URL='postgresql://u:geheim@h:1/db'", "only the address itself is wanted"),
    ("postgresql//u:geheim@h:1/db", "postgresql:// is how it begins"),
    ("postgresql:/u:geheim@h:1/db", "postgresql:// is how it begins"),
]
UNESCAPED = [
    f"postgresql://u:ge{sign}heim@h:1/db" for sign in ("@", "/", "%", "@/", "/@", "%/", " ", "/?", "@#", "/x?y=")
]
OTHERWISE = [
    ("postgresql://u:geheim@h:54x2/db", "its port is no number from 1 to 65535"),
    ("postgresql://u:geheim@h:99999/db", "its port is no number from 1 to 65535"),
    ("host=h port=abc password=geheim", "its port is no number from 1 to 65535"),
    ("postgresql://u:geheim@[::1/db", "end of string reached"),
    ("postgresql://u:geheim@h/db?sslmode", "missing key/value separator"),
    ("mysql://u:geheim@h/db", "mysql:// is no address of PostgreSQL"),
    ("https://u:geheim@h/db", "https:// is no address of PostgreSQL"),
    ("host=h passwrd=geheim", "invalid connection option 'passwrd': did you mean 'password'?"),
    ("host=h schema=x", "invalid connection option 'schema': use"),
    ("PGHOST=h", "invalid connection option 'PGHOST': did you mean 'host'?"),
    ("host=h password=x geheim=1", "invalid connection option: use"),
    ("host=h password=my geheim", "put a value with a space in quotes"),
    ("host=h password='geheim", "unterminated quoted string"),
    ("host=h;user=u;password=geheim", "parted by spaces, and not by semicolons"),
    ("Host=h;Username=u;Password=geheim", "parted by spaces, and not by semicolons"),
    ("h/db", "missing"),
]


@pytest.mark.parametrize(("dsn", "why"), OF_OTHER_PROGRAMS)
def test_a_spelling_of_another_program_is_named_with_the_one_that_works(dsn, why):
    found = fault(dsn)
    assert why in found
    [works] = re.findall(r"use '(.*)'$", found)
    assert works == WORKS
    assert conninfo_to_dict(works)["host"] == "h"


@pytest.mark.parametrize("dsn", UNESCAPED)
def test_a_password_with_special_characters_is_to_be_percent_encoded(dsn):
    found = fault(dsn)
    assert "percent-encode special characters of the password: @ is %40" in found
    assert found.endswith(f"use '{WORKS}'")


@pytest.mark.parametrize(("dsn", "why"), OTHERWISE)
def test_what_else_is_wrong_is_said(dsn, why):
    assert why in fault(dsn)


@pytest.mark.parametrize("dsn", [dsn for dsn, _ in OF_OTHER_PROGRAMS + OTHERWISE] + UNESCAPED)
def test_no_part_of_a_password_is_repeated(dsn, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    texts = [fault(dsn), mask(dsn), without_secret(f"failed: {dsn}", dsn)]
    for ask, kind in ((lambda: probe(dsn), TargetError), (lambda: load(dsn), ConfigError)):
        with pytest.raises(kind) as caught:
            ask()
        assert caught.value.exit_code == 2
        texts.append(str(caught.value))
    for text in texts:
        assert not re.search("ge.?heim|geheim|heim", text), text


@pytest.mark.parametrize("source", ["option", "variable", ".env", "file"])
def test_whatever_names_the_target_its_spelling_is_checked(source, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    dsn, named = "postgresql://u:geheim@h:1/db?pgbouncer=true", {}
    if source == "option":
        named = {"dsn": dsn}
    elif source == "variable":
        monkeypatch.setenv("SHARDGEN_DSN", dsn)
    elif source == ".env":
        (tmp_path / ".env").write_text(f"SHARDGEN_DSN={dsn}\n")
    else:
        (tmp_path / "shardgen.toml").write_text(f"dsn = '{dsn}'\n")
    with pytest.raises(ConfigError, match=r"pgbouncer.*use 'postgresql://u:\*\*\*@h:1/db'"):
        read(named)


@pytest.mark.parametrize(
    "dsn",
    [
        "",
        "postgresql://me@h/db?user=a@b",
        "postgresql://h1:1,h2:2/db",
        "postgresql://u:p%40ss@h/db",
        "postgresql:///db?host=/tmp",
        "postgresql://u:p?w#x@h:5432/db",
        "host=@abstract dbname=x",
        "host=/run/pg dbname=a@b",
        "service=x",
        "host=h password='a;b@c/d'",
    ],
)
def test_what_libpq_reads_as_it_was_meant_is_left_alone(dsn):
    assert fault(dsn) == ""
    assert read({"dsn": f" {dsn} "}).target.dsn == dsn if dsn else True
