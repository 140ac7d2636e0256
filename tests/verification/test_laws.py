"""Every law holds in every world, and each of its clauses notices the damage that it is there to notice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import psycopg
import pytest

from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.lexicon.devices import DEVICES
from shardgen.world.lexicon.opinions import NEGATIVE, NEUTRAL, POSITIVE
from shardgen.world.lexicon.places import PLACES
from shardgen.world.lexicon.traffic import TRAFFIC_SOURCES
from tests.conftest import fresh_database
from tests.offences import (
    AMONG_VERSIONS,
    DAMAGE,
    DAMAGE_OF_VERSIONS,
    FIRST_OF_EACH,
    LAWS,
    OF_VERSIONS,
    REFUSED,
    WORLDS,
    Loaded,
    load,
    put,
    world_of,
)

Worlds = Callable[[str], Loaded]


@pytest.fixture(scope="session")
def world(server_dsn: str) -> Iterator[Worlds]:
    """Worlds by name, each loaded when a test first asks for it, into a schema of its own."""
    with fresh_database(server_dsn) as database:

        @cache
        def get(name: str) -> Loaded:
            config = world_of(name, name)
            load(database.dsn, config)
            return Loaded(dsn=database.dsn, config=config)

        yield get


def test_each_law_is_one_statement_that_says_what_it_protects() -> None:
    assert list(LAWS) == [f"l{number:02}" for number in range(1, 27)]
    for law, path in LAWS.items():
        first, _, statement = path.read_text(encoding="utf-8").partition("\n")
        assert first.startswith(f"-- L{int(law[1:])}: ")
        assert statement


RARE = {*WORLDS} - {
    *("month", "month of versions", "one of everything"),
    *("zero orders", "one warehouse", "part of the horizon"),
}
"""Worlds whose laws are asked with the slow tests: others are at the same edges."""


@pytest.mark.parametrize(
    ("law", "name"),
    [
        pytest.param(law, name, marks=pytest.mark.slow if name in RARE else ())
        for name in WORLDS
        for law in LAWS
        if law not in OF_VERSIONS or name == "month of versions"
    ],
)
def test_the_law_holds(law: str, name: str, world: Worlds) -> None:
    with world(name).connect() as connection:
        assert world(name).offenders(connection, law)[:3] == []


@pytest.mark.parametrize(
    ("law", "phrases"),
    [
        ("l13", [phrase for source in TRAFFIC_SOURCES for phrase in (source.name, *source.referrers)]),
        ("l14", [word for d in DEVICES for word in (d.device_type, d.operating_system, d.browser, *d.screens)]),
        ("l15", [place.city for place in PLACES if place.country_code in {"US", "CA"}]),
        ("l18", [marker for opinion in (POSITIVE, NEUTRAL, NEGATIVE) for marker in opinion.markers]),
        ("l18", [phrase for s in SUBCATEGORIES for phrase in (s.name, *map(str.lower, s.nouns), *s.aspects)]),
    ],
    ids=["traffic sources", "devices", "cities with area codes", "markers", "subjects"],
)
def test_what_a_law_lists_is_what_the_lexicon_says(law: str, phrases: list[str]) -> None:
    statement = LAWS[law].read_text(encoding="utf-8")
    assert [phrase for phrase in phrases if "'" + phrase.replace("'", "''") + "'" not in statement] == []


@pytest.mark.parametrize(("law", "part", "damage"), DAMAGE)
def test_the_law_names_the_damage(law: str, part: str, damage: str, world: Worlds) -> None:
    with world("month").connect() as connection:
        assert connection.execute(damage.encode()).rowcount > 0
        assert [row for row in world("month").offenders(connection, law) if row[0].startswith(part)]
        connection.rollback()


@pytest.mark.parametrize(
    ("law", "part", "damage"),
    [
        # what breaks a record breaks all its versions: one of each law, as the others take a minute
        pytest.param(*each, marks=() if each in DAMAGE_OF_VERSIONS or each in FIRST_OF_EACH else pytest.mark.slow)
        for each in AMONG_VERSIONS
    ],
)
def test_the_law_names_the_damage_among_versions(law: str, part: str, damage: str, world: Worlds) -> None:
    with world("month of versions").connect() as connection:
        assert connection.execute(damage.encode()).rowcount > 0
        assert [row for row in world("month of versions").offenders(connection, law) if row[0].startswith(part)]
        connection.rollback()


@pytest.mark.parametrize("damage", [damage for _, _, damage in REFUSED])
def test_the_key_of_versions_refuses_what_takes_their_ingestion_away(damage: str, world: Worlds) -> None:
    refused = (psycopg.errors.UniqueViolation, psycopg.errors.NotNullViolation)
    with world("month of versions").connect() as connection, pytest.raises(refused):
        connection.execute(damage.encode())


def test_transfers_need_a_second_warehouse(world: Worlds) -> None:
    with world("one warehouse").connect() as connection:
        connection.execute(put("inventory", "movement_type = 'TRANSFER'").encode())
        assert "transfer in the only warehouse" in {
            row[0] for row in world("one warehouse").offenders(connection, "l03")
        }
        connection.rollback()


def test_the_area_codes_that_a_law_lists_are_those_of_the_lexicon() -> None:
    statement = LAWS["l15"].read_text(encoding="utf-8")
    for place in PLACES:
        if place.country_code in {"US", "CA"}:
            codes = " ".join(pattern.split()[1][:3] for pattern in place.phone_patterns)
            city = place.city.replace("'", "''")
            assert f"('{city}', '{codes}')" in statement
