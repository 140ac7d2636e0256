"""The manual is true: what it tells a reader to type runs as it stands, and what it takes from the code agrees.

Options that it leaves at their defaults are made small by SHARDGEN_* variables, so that no command has to be
written for the tests.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from scripts import manual
from scripts.blocks import MANUAL, ROOT, Block, apply, blocks, pages

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


@pytest.fixture
def reader() -> Iterator[Reader]:
    home = Path(tempfile.mkdtemp(prefix="sg-", dir="/tmp"))  # short: a socket's path is limited
    home.chmod(0o711)  # as root the server runs as another user
    try:
        made = Reader(home)
        yield made
        if (home / "h").exists():
            made.run(["shardgen", "db", "stop"])
    finally:
        shutil.rmtree(home)


NOT_A_READERS = ("SHARDGEN_", "PG", "POSTGRES_", "MAKE", "MFLAGS", "ARGS", "VENV", "PYTHON")
"""Variables that a make of ours, which runs the tests, would hand on to a make of the reader's."""


class Reader:
    """Somebody with a clone of the repository who types what the manual says."""

    def __init__(self, home: Path) -> None:
        self.clone = home / "clone"
        self.clone.mkdir()
        for name in ("shardgen", "scripts"):
            shutil.copytree(ROOT / name, self.clone / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("Makefile", "README.md", "pyproject.toml"):
            shutil.copy(ROOT / name, self.clone)
        programs = self._installed()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_A_READERS)}
        self.environment = kept | {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(self.clone),
            "SHARDGEN_HOME": str(home / "h"),
            "PAGER": "cat",
            **{f"SHARDGEN_{name}": value for name, value in SMALL.items()},
        }

    def _installed(self) -> Path:
        """A virtual environment as make leaves it, with the interpreter of the tests, of which the clone is a part."""
        programs = self.clone / ".venv" / "bin"
        programs.mkdir(parents=True)
        for name, words in {"shardgen": " -m shardgen", "python": ""}.items():
            (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}"{words} "$@"\n')
            (programs / name).chmod(0o755)
        for stamp in (".python", ".installed", ".installed-dev"):
            (programs.parent / stamp).touch()
        return programs

    def run(self, words: list[str], *, exits: int = 0, about: str = "") -> str:
        done = subprocess.run(
            words,
            cwd=self.clone,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        assert done.returncode == exits, f"{about or words} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def does(self, block: Block, page: Path) -> None:
        """What a reader does with a block."""
        about = f"{name(page)}, line {block.line}:\n{block.text}"
        if block.file:
            (self.clone / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "diff":
            apply(block.text, self.clone)
        elif block.language == "sh":
            self.run(["bash", "-e", "-c", block.text], exits=block.exits, about=about)
        elif block.language == "python":
            self.run(["python", "-W", "error", "-c", block.text], about=about)
        elif block.language == "sql":
            self.run(["shardgen", "db", "psql", "-v", "ON_ERROR_STOP=1", "-c", block.text], about=about)
        elif block.language == "toml":
            self.configures(block)

    def configures(self, block: Block) -> None:
        """Every key is known and every value is one: shardgen says so of the file, and of each profile in it."""
        (self.clone / "own.toml").write_text(block.text, encoding="utf-8")
        for profile in ["demo", *tomllib.loads(block.text).get("profiles", {})]:
            self.run(["shardgen", "config", "--config", "own.toml", "--profile", profile])


def test_what_a_reader_adds_to_the_code_fits_it(reader):
    page = MANUAL / "tables.md"
    for block in PAGES[page]:
        if block.language == "diff" or block.file:
            reader.does(block, page)
    assert "parcels" in reader.run(["shardgen", "plan", "--dsn", "host=/nowhere"])
    told = json.loads(reader.run(["shardgen", "sample", "parcels", "-n", "3", "--json"]))
    assert [row["parcel_id"] for row in told] == ["PARC0000000001", "PARC0000000002", "PARC0000000003"]
    [customer] = json.loads(reader.run(["shardgen", "sample", "customers", "-n", "1", "--json"]))
    assert isinstance(customer["newsletter"], bool)


@pytest.mark.slow
def test_every_block_does_what_a_reader_is_told_that_it_does(reader):
    for page in pages():
        for block in PAGES[page]:
            if not block.not_run:
                reader.does(block, page)
    assert reader.run(["shardgen", "db", "psql", "-Atc", "select count(*) > 0 from mine.raw_parcels"]).strip() == "t"
    assert "raw_parcels" in (reader.clone / "shardgen" / "manual" / "dictionary.md").read_text(encoding="utf-8")
