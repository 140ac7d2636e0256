"""A reader of the manual: somebody with a clone of the repository who types what a page says, block by block.

Each block runs in a shell of its own; what it exports and where it changes to is there for the next one. Everything
goes to the embedded server of a home of the reader's own.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from scripts.blocks import ROOT, Block, apply, blocks

COLUMNS: Final = 80
SHOWN: Final = "/home/me/.local/share/shardgen"  # spelt out: libpq knows no ~
"""The home of the embedded server, as it is told to a reader."""
TIMEOUT: Final = 300
"""Seconds for one block."""
_SMALL: Final = "export " + " ".join(
    f"SHARDGEN_{name}={value}"
    for name, value in {"CUSTOMERS": 200, "PRODUCTS": 60, "ORDERS_PER_DAY": 10, "SESSIONS_PER_DAY": 20}.items()
)
"""What comes before a block that says ``small``."""
_NOT_A_READERS: Final = ("SHARDGEN_", "PG", "POSTGRES_", "MAKE", "MFLAGS", "ARGS", "VENV", "PYTHON")
"""Variables that a make of ours, which runs the tests, would hand on to a make of the reader's."""


class Failed(AssertionError):
    """A block did not end as the page says."""


@contextlib.contextmanager
def reading() -> Iterator[Reader]:
    """A reader whose server runs; all of it is gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="sg-", dir="/tmp"))  # short: a socket's path is limited
    home.chmod(0o711)  # as root the server runs as another user
    reader = Reader(home, server=home / "h".ljust(len(SHOWN) - len(str(home)) - 1, "h"))
    try:
        reader.run("shardgen db start")
        yield reader
    finally:
        reader.run("shardgen db stop")
        shutil.rmtree(home)


class Reader:
    """Somebody at a shell in a clone.

    Args:
        home: a folder of the reader's own.
        server: home of the embedded server; as long as what is shown of it, so that tables keep their columns.
    """

    def __init__(self, home: Path, *, server: Path) -> None:
        self.home = home
        self.server = server
        self.clone = home / "shardgen"
        _copy(self.clone)
        self._state = home / "state"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_A_READERS)}
        self._environment = kept | {
            "PATH": f"{self.clone / '.venv' / 'bin'}:{os.environ['PATH']}",
            "SHARDGEN_HOME": str(server),
            "SHARDGEN_WORKERS": "2",  # as many as on the machine of the captures
            "COLUMNS": str(COLUMNS),
            "PAGER": "cat",
        }

    @contextlib.contextmanager
    def another(self) -> Iterator[Reader]:
        """Another clone on the same server, for a page that changes the code."""
        home = Path(tempfile.mkdtemp(dir=self.home))
        yield Reader(home, server=self.server)

    def reads(self, page: Path) -> Iterator[tuple[Block, str]]:
        """Run the blocks of a page in order; each with what it printed."""
        self._state.unlink(missing_ok=True)  # a shell of its own
        for block in blocks(page.read_text(encoding="utf-8")):
            if not block.not_run:
                try:
                    yield block, self.does(block)
                except Failed as failed:
                    raise Failed(f"{page.name}, line {block.line}:\n{block.text}\n{failed}") from None

    def run(self, command: str, *, exits: int = 0) -> str:
        """What a command prints, stdout and stderr as they come, without what is this reader's alone."""
        keep = f"trap 'export -p > {self._state}; echo cd \"$PWD\" >> {self._state}' EXIT"
        done = subprocess.run(
            ["bash", "-e", "-c", f"test ! -e {self._state} || source {self._state}\n{keep}\n{command}"],
            cwd=self.clone,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        if done.returncode != exits:
            raise Failed(f"ended with {done.returncode}, not {exits}:\n{done.stdout}")
        return self._shown(done.stdout)

    def does(self, block: Block) -> str:
        """What a reader does with a block, and what is printed then."""
        if block.file:
            (self.clone / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "diff":
            apply(block.text, self.clone)
        elif block.language == "toml":
            self._configures(block.text)
        elif block.language in _COMMANDS:
            command = _COMMANDS[block.language].format(_quoted(block))
            return self.run(f"(\n{_SMALL}\n{command}\n)" if block.small else command, exits=block.exits)
        return ""

    def _configures(self, text: str) -> None:
        """Every key is known and every value is one: shardgen says so of the file, and of each profile in it."""
        (self.clone / "own.toml").write_text(text, encoding="utf-8")
        for profile in ["demo", *tomllib.loads(text).get("profiles", {})]:
            self.run(f"shardgen config --config own.toml --profile {profile}")

    def _shown(self, text: str) -> str:
        """The output as another reader would see it."""
        text = "\n".join(line.rstrip() for line in text.splitlines()).strip("\n") + "\n"
        text = text.replace(str(self.server), SHOWN).replace(str(self.clone), "~/shardgen")
        text = text.replace(f" --data-dir {SHOWN}", "")  # which a hint names because of SHARDGEN_HOME
        text = re.sub(rf"({SHOWN} +)SHARDGEN_HOME", r"\1default", text)
        return re.sub(r"^(workers +2 +)SHARDGEN_WORKERS", r"\1default", text, flags=re.MULTILINE)


_COMMANDS: Final = {
    "sh": "{}",
    "python": "python -W error -c {}",
    "sql": "shardgen db psql -v ON_ERROR_STOP=1 -c {}",
}
"""How what stands in a block is run."""


def _quoted(block: Block) -> str:
    return block.text if block.language == "sh" else "'" + block.text.replace("'", "'\\''") + "'"


def _copy(clone: Path) -> None:
    """What git clone and make leave: the files, and a virtual environment with the interpreter of the tests.

    What Python has compiled comes along, or each clone would compile all of it again.
    """
    clone.mkdir()
    for name in ("shardgen", "scripts"):
        shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("*.pyc.*"))  # being written
    for name in ("Makefile", "README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, clone)
    programs = clone / ".venv" / "bin"
    programs.mkdir(parents=True)
    here = f"import os, sys; os.environ['PYTHONPATH'] = {str(clone)!r}; sys.path.insert(0, {str(clone)!r})"
    _program(programs / "shardgen", f"#!{sys.executable}\n{here}\nfrom shardgen.__main__ import main\nmain()\n")
    _program(programs / "python", f'#!/bin/sh\nPYTHONPATH={clone} exec "{sys.executable}" "$@"\n')
    for stamp in (".python", ".installed", ".installed-dev"):
        (programs.parent / stamp).touch()


def _program(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)
