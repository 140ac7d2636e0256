from __future__ import annotations

import pytest

from shardgen.errors import TargetError
from shardgen.stores.postgres.postgres import application_name, mask, probe, without_secret

SECRET = "p@ss w/rd"


@pytest.mark.parametrize(
    "dsn",
    [
        f"host=db user=me password='{SECRET}' dbname=shop",
        "postgresql://me:p%40ss%20w%2Frd@db/shop",
        "postgresql://me@db/shop?password=p%40ss%20w%2Frd",
    ],
)
def test_no_secret_survives_in_what_is_shown(dsn):
    shown = mask(dsn)
    assert "host=db" in shown
    assert "password=***" in shown
    for spelling in (SECRET, "p%40ss%20w%2Frd", "p%40ss+w%2Frd"):
        assert spelling not in shown
        assert spelling not in without_secret(f"x {spelling} y {dsn}", dsn)


def test_a_target_without_password_is_shown_as_it_is():
    assert mask("host=/run/pg dbname=shop") == "dbname=shop host=/run/pg"


@pytest.mark.parametrize("dsn", ["nonsense secret", "host=h passwrd=secret", "postgresql://u:secret@[h/db"])
def test_an_unreadable_connection_string_is_never_repeated(dsn):
    assert "secret" not in mask(dsn)
    with pytest.raises(TargetError, match="neither a libpq connection string nor a URI") as caught:
        probe(dsn)
    assert "secret" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_an_unreachable_server_is_said_in_its_own_words_without_the_password():
    with pytest.raises(TargetError, match="No such file or directory") as caught:
        probe("host=/nonexistent user=me password=secret")
    assert "secret" not in str(caught.value)


def test_an_application_name_fits_what_the_server_keeps():
    name = application_name(123456, 4194304, "clickstream/2025-03-01")
    assert name == "shardgen:123456:4194304:clickstream/2025-03-01"
    assert len(name) <= 63
    assert len(application_name("coordinator", "h" * 99).encode()) == 63
