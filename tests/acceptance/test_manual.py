"""The manual is true: what it tells a reader to type runs as it stands and prints what it shows, and what it takes from
the code agrees.
"""

from __future__ import annotations

import difflib
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from scripts import manual
from scripts.blocks import MANUAL, README, ROOT, blocks, outputs, pages
from scripts.captures import FIRST
from scripts.masks import masked
from scripts.reader import Reader, reading

EXAMPLES = ROOT / "scripts" / "examples"
OTHERS = [ROOT / "scripts" / "README.md", ROOT / "tests" / "README.md"]
TEXTS = {page: page.read_text(encoding="utf-8") for page in [*pages(), *OTHERS]}
PAGES = {page: blocks(text) for page, text in TEXTS.items()}
SMALL = {"CUSTOMERS": "200", "PRODUCTS": "60", "ORDERS_PER_DAY": "10", "SESSIONS_PER_DAY": "20", "WORKERS": "1"}
TIMEOUT = 300


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def of(*languages: str) -> list:
    return [
        pytest.param(block, id=f"{name(page)}:{block.line}")
        for page, members in PAGES.items()
        for block in members
        if block.language in languages
    ]


def prose(page: Path) -> str:
    """A page without its blocks."""
    return re.sub(r"^```.*?^```$", "", TEXTS[page], flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """What a link to a part of the page may name."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


# --- what can be checked without running anything ---------------------------------------------------------------------


@pytest.mark.parametrize("page", TEXTS, ids=name)
def test_the_generated_parts_are_those_of_the_code(page):
    assert manual.render(TEXTS[page]) == TEXTS[page], "the page is behind the code: make docs"


def test_every_generated_part_has_one_place():
    assert sorted(part for text in TEXTS.values() for part in manual.places(text)) == sorted(manual.PARTS)


def test_the_dbt_source_is_that_of_the_code():
    assert manual.DBT_SOURCES.read_text(encoding="utf-8") == manual.dbt_sources(), "it is behind the code: make docs"


def test_the_readme_is_one_page_that_begins_with_its_words():
    lines = TEXTS[README].splitlines()
    assert len(lines) <= 200
    assert len(TEXTS[README].encode()) <= 12 * 1024
    beginning = "\n".join(lines[:16])
    assert all(
        f"A **{word}** is" in beginning or f"The **{word}** is" in beginning for word in ("shard", "ledger", "world")
    )


def test_every_block_is_of_a_kind_that_is_checked():
    languages = {block.language for members in PAGES.values() for block in members}
    assert languages == {"sh", "sql", "python", "toml", "diff", "text"}


@pytest.mark.parametrize("block", of("sh"))
def test_commands_are_such_to_a_shell(block):
    subprocess.run(["bash", "-n", "-c", block.text], check=True)


def test_what_is_not_run_says_why():
    every = [block for members in PAGES.values() for block in members]
    assert all(len(block.not_run) > 15 for block in every if block.not_run)
    assert sum(bool(block.not_run) for block in every) <= sum(block.language == "sh" for block in every) / 3


@pytest.mark.parametrize("block", of("python"))
def test_python_compiles(block):
    compile(block.text, "a block", "exec")


@pytest.mark.parametrize("page", TEXTS, ids=name)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^) ]+)", prose(page)):
        place, _, anchor = link.partition("#")
        if "://" in place:
            continue
        there = (page.parent / place).resolve() if place else page
        assert there.exists(), f"{link}: there is no {there}"
        assert not anchor or anchor in anchors(there), f"{link}: the page has no such heading"


@pytest.mark.parametrize("page", TEXTS, ids=name)
def test_files_that_are_named_exist(page):
    named = set(re.findall(r"`((?:shardgen|scripts|tests)/[\w./-]+)`", prose(page)))
    made = {block.file for block in PAGES[page]}
    assert not {path for path in named - made if not (ROOT / path).exists()}


@pytest.mark.parametrize("page", TEXTS, ids=name)
def test_a_file_that_a_page_shows_is_the_one_that_is_tested(page):
    for block in PAGES[page]:
        assert not block.file or (ROOT / block.file).read_text(encoding="utf-8") == block.text, block.file


def test_every_fault_is_shown_by_a_test_that_exists():
    named = re.findall(r'\[test\]\(\.\./\.\./(tests/[\w/]+\.py) "(test_\w+)"\)', TEXTS[MANUAL / "faults.md"])
    assert len(named) > 25
    for file, test in named:
        assert f"\ndef {test}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file} has no {test}"


# --- the examples -----------------------------------------------------------------------------------------------------


def example(name: str):
    return yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))


def dsn(environment: dict[str, str]) -> str:
    return (
        f"postgresql://{environment['POSTGRES_USER']}:{environment['POSTGRES_PASSWORD']}@localhost:5432/"
        f"{environment['POSTGRES_DB']}"
    )


def commands_of(topic: str) -> list[str]:
    """The lines of a page's first block of commands."""
    return next(block for block in PAGES[MANUAL / f"{topic}.md"] if block.language == "sh").text.splitlines()


def test_the_connection_string_for_compose_is_that_of_the_file():
    service = example("compose.yaml")["services"]["warehouse"]
    assert service["ports"] == ["127.0.0.1:5432:5432"]
    assert f"shardgen load --dsn {dsn(service['environment'])}" in commands_of("containers")


def test_the_steps_of_the_workflow_are_the_commands_of_the_manual():
    job = example("github-actions.yml")["jobs"]["test"]
    assert [step["run"] for step in job["steps"] if "run" in step] == commands_of("ci")
    assert job["env"]["SHARDGEN_DSN"] == dsn(job["services"]["postgres"]["env"])


def test_the_dbt_source_describes_every_column():
    [source] = example("dbt/models/sources.yml")["sources"]
    for table in source["tables"]:
        key, *_ = table["columns"]
        assert table["description"]
        assert key["data_tests"] == ["not_null", "unique"]
        assert all(column["description"] and column["data_type"] for column in table["columns"])
    assert sum(len(table["columns"]) for table in source["tables"]) > 80


# --- running it -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with reading() as made:
        yield made


def read(page: Path, reader: Reader) -> dict[int, str]:
    """Run a page in a clone of its own; what the blocks at its lines printed."""
    return {block.line: told for block, told in reader.reads(page)}


@pytest.fixture(scope="module")
def toured(reader) -> dict[int, str]:
    """What the tour printed; the other pages look at what it loaded."""
    return read(FIRST, reader)


def schemas(reader: Reader) -> set[str]:
    query = "select nspname from pg_namespace where not starts_with(nspname, 'pg_')"
    return set(reader.run(f'shardgen db psql -Atc "{query}"').split())


@pytest.fixture(scope="module")
def makers(reader, toured) -> dict[str, Path]:
    """Which page makes a schema."""
    return dict.fromkeys(schemas(reader), FIRST)


@pytest.fixture
def cleared(page, reader, makers) -> Iterator[None]:
    """No page makes a schema that another one makes, or a reader of both would meet somebody's tables."""
    yield
    made = {schema for schema in schemas(reader) if makers.get(schema) != FIRST}
    for schema in made:
        reader.run(f"shardgen db psql -qc 'set client_min_messages = error; drop schema \"{schema}\" cascade'")
    others = {schema: name(makers.setdefault(schema, page)) for schema in made}
    assert set(others.values()) <= {name(page)}, others


@pytest.mark.slow
@pytest.mark.parametrize("page", pages(), ids=name)
def test_a_page_does_and_prints_what_it_says(page, reader, toured, cleared):
    with reader.another() as one:
        printed = toured if page == FIRST else read(page, one)
    for line, block in outputs(TEXTS[page]).items():
        shown, came = masked(block.text), masked(printed[line])
        difference = difflib.unified_diff(
            shown, came, f"{name(page)}, line {block.line}", "what came", lineterm="", n=1
        )
        assert shown == came, "make captures:\n" + "\n".join(difference)


@pytest.mark.slow
def test_what_a_reader_adds_to_the_code_fits_it(reader):
    with reader.another() as one:
        for block in PAGES[MANUAL / "tables.md"]:
            if block.language == "diff" or block.file:
                one.does(block)
        [customer] = json.loads(one.run("shardgen sample customers -n 1 --json"))
        assert isinstance(customer["newsletter"], bool)
