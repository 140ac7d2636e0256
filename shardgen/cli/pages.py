"""``shardgen help``: the manual in the terminal; its pages lie in the package as Markdown, for the web too."""

from __future__ import annotations

import difflib
import re
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

import shardgen
from shardgen.cli.options import examples, takes
from shardgen.errors import ConfigError
from shardgen.machine.installation import program

FOLDER: Final = Path(shardgen.__file__).parent / "manual"
INDEX: Final = "README"
"""The page that lists the others, a line each."""
NEAR: Final = 3
"""As many topics are named to somebody who asks for one that does not exist."""
_LINE: Final = re.compile(r"^- \[(?P<topic>[\w-]+)\]\((?P=topic)\.md\): (?P<about>.+)$", re.MULTILINE)
_COMMENT: Final = re.compile(r"^<!--.*?-->\n\n?", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r'\[(?P<text>[^\]]+)\]\((?P<place>[^)\s]+)(?: "[^"]*")?\)')


@examples("help", "help tour", "help options | less")
@takes(volume=False)
def help(  # noqa: A001  # a command is named after its function
    context: typer.Context,
    topic: Annotated[
        str,
        typer.Argument(metavar="TOPIC", help="A page of the manual, or a command.", autocompletion=lambda: [*topics()]),
    ] = "",
) -> None:
    """Show a page of the manual; without a topic list them all."""
    found = topics()
    if topic in found:
        _show(page(topic))
    elif topic:
        _explain(context.find_root(), topic)
    else:
        width = max(map(len, found))
        typer.echo("\n".join(f"{name:{width}}  {about}" for name, about in found.items()))


def topics() -> dict[str, str]:
    """What each page is about, in the order of the index."""
    return {match["topic"]: match["about"] for match in _LINE.finditer(_read(INDEX))}


def page(topic: str) -> str:
    """A page as Markdown for a terminal: without comments, and with topics and files in place of links."""
    return _LINK.sub(_unlinked, _COMMENT.sub("", _read(topic)))


def _read(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


def _unlinked(link: re.Match[str]) -> str:
    place, _, _ = link["place"].partition("#")
    if "://" in place:
        return link[0]
    if not place or place.startswith("../../tests/"):  # on this page, or not installed
        return link["text"] if not place else ""
    name = place.removeprefix("../../")
    if name.endswith(".md") and name == place:
        topic = name.removesuffix(".md")
        return f"{link['text']} [`shardgen help{'' if topic == INDEX else f' {topic}'}`]"
    return link["text"] if name in link["text"] else f"{link['text']} [`{name}`]"


def _explain(root: Any, topic: str) -> None:
    """What else a topic can be: a command, which has a help page of its own."""
    if topic in root.command.commands:
        root.command.main([topic, "--help"], prog_name=root.info_name, standalone_mode=False)
        return
    near = difflib.get_close_matches(topic, topics()) or _mentioning(topic)
    hint = f"did you mean {', '.join(near)}? " if near else ""
    raise ConfigError(f"topic={topic!r} is not in the manual: {hint}{program()} help lists all topics")


def _mentioning(word: str) -> list[str]:
    """The pages that use a word most."""
    uses = {topic: _read(topic).lower().count(word.lower()) for topic in topics()}
    return sorted((topic for topic in uses if uses[topic]), key=lambda topic: -uses[topic])[:NEAR]


def _show(text: str) -> None:
    """Rendered on a terminal, as it is in a pipe."""
    if not sys.stdout.isatty():
        typer.echo(text.rstrip())
        return
    from shardgen.display.pages import show

    show(text)
