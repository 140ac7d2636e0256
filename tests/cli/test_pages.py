"""``shardgen help``: the manual in the terminal and in a pipe."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console
from typer.testing import CliRunner

from shardgen.cli import pages
from shardgen.cli.application import COMMANDS, app
from shardgen.cli.entry import main
from shardgen.display.pages import rendered

TOPICS = list(pages.topics())
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
VERBATIM = re.compile(r"^```(?:text|diff|python|sql)$.*?^```$", re.MULTILINE | re.DOTALL)  # outputs, and our own code


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["help", *words])
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


def test_the_index_names_every_page_once():
    files = {path.stem for path in pages.FOLDER.glob("*.md")} - {pages.INDEX}
    named = re.findall(r"^- \[", (pages.FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(TOPICS) == files
    assert len(named) == len(files)


def test_without_a_topic_each_has_a_line_that_fits_a_small_terminal(capsys):
    code, out, _ = told(capsys)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == TOPICS
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("topic", TOPICS)
def test_in_a_pipe_a_page_is_text_without_comments_and_links_between_files(capsys, topic):
    code, out, _ = told(capsys, topic)
    assert code == 0
    assert out.startswith("# ")
    prose = FENCE.sub("", out)
    assert "<!--" not in prose
    assert not re.findall(r"\]\((?!https?:)[^)]*\)", prose)
    assert set(re.findall(r"`shardgen help ([\w-]+)`", prose)) <= {*TOPICS, "TOPIC"}


@pytest.mark.parametrize("topic", TOPICS)
def test_a_terminal_of_80_columns_is_wide_enough_for_a_page(topic):
    text = VERBATIM.sub("", pages.page(topic))
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    console.print(rendered(text), crop=False)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert [line for line in lines if len(line.rstrip()) > 80] == []


def test_commands_are_shown_as_they_are_typed():
    console = Console(file=io.StringIO(), width=40, color_system=None)
    command = "shardgen load --profile demo --end 2026-01-01 --schema demo"
    console.print(rendered(f"```sh\n{command}\n```"), crop=False)
    assert command in console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("topic", "near"), [("tuor", "tour"), ("target", "targets"), ("option", "options"), ("mongodb", ""), ("xyz", "")]
)
def test_a_topic_that_does_not_exist_is_an_error_with_those_that_were_meant(capsys, topic, near):
    code, out, err = told(capsys, topic)
    assert code == 2
    assert out == ""
    assert err.startswith(f"error: topic={topic!r} is not in the manual: ")
    assert ("did you mean" in err) == bool(near)
    assert near in err


def test_a_word_that_only_the_text_has_leads_to_the_pages_that_use_it(capsys):
    code, _, err = told(capsys, "pgbouncer")
    assert code == 2
    assert "did you mean targets" in err


@pytest.mark.parametrize("command", [command.__name__ for command in COMMANDS if command.__name__ not in TOPICS])
def test_a_command_that_is_no_topic_shows_its_own_help(command):
    shown = CliRunner().invoke(app, ["help", command])
    assert shown.exit_code == 0
    assert f"shardgen {command}" in shown.output
