"""Make the outputs in the manual anew: what follows a block of commands as a ``text`` block is what they print.

    python scripts/captures.py A_LINE ...     # only the blocks that hold one of these texts

Commands are run as they stand, in order, in a scratch directory against an embedded server of their own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from scripts.blocks import Block, blocks, pages  # noqa: E402

COLUMNS = 100
SHOWN = "~/.local/share/shardgen"
"""The home of the embedded server, as it is told to a reader."""


def main(wanted: list[str]) -> None:
    """Run what has an output in the manual, and write it there."""
    home = Path(tempfile.mkdtemp(prefix="sg-", dir="/tmp"))  # short: a socket's path is limited
    home.chmod(0o711)  # as root the server runs as another user
    place = home / "h".ljust(
        len(SHOWN) - len(str(home)) - 1, "h"
    )  # as long as what is shown: tables keep their columns
    try:
        run_command([sys.executable, "-m", "shardgen", "db", "start"], place)  # the quick start has started it
        for page in pages():
            capture(page, place, wanted)
    finally:
        run_command([sys.executable, "-m", "shardgen", "db", "stop"], place)
        shutil.rmtree(home)


def capture(page: Path, place: Path, wanted: list[str]) -> None:
    """Run what has an output in a page, and write it there."""
    text = page.read_text(encoding="utf-8")
    pairs = [(before, after) for before, after in pairwise(blocks(text)) if _captured(before, after, text)]
    outputs = [(after, run(before, place)) for before, after in pairs]
    for (before, _), (after, output) in reversed(list(zip(pairs, outputs, strict=True))):
        if not wanted or any(each in before.text for each in wanted):
            text = text[: after.start] + output.rstrip() + "\n" + text[after.end :]
    page.write_text(text, encoding="utf-8")


def _captured(before: Block, after: Block, text: str) -> bool:
    """Whether the second block is the output of the first."""
    between = text[before.end : after.start].split()
    return before.language in {"sh", "sql"} and not before.not_run and between == ["```", "```text"]


def run(block: Block, place: Path) -> str:
    """What a block prints, on a terminal of COLUMNS."""
    if block.language == "sql":
        return run_command([sys.executable, "-m", "shardgen", "db", "psql", "-c", block.text], place)
    script = f'shardgen() {{ "{sys.executable}" -m shardgen "$@"; }}\n{block.text}'
    return run_command(["bash", "-c", script], place)


def run_command(words: list[str], place: Path) -> str:
    """Stdout and stderr of a command, as they came; the words for the program are those of the manual."""
    environment = os.environ | {
        "SHARDGEN_HOME": str(place),
        "COLUMNS": str(COLUMNS),
        "PYTHONPATH": str(ROOT),
        "PAGER": "cat",
    }
    done = subprocess.run(
        words,
        cwd=place.parent,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    text = "\n".join(line.rstrip() for line in done.stdout.splitlines())
    text = text.replace(f"{sys.executable} -m shardgen", "shardgen").replace(str(place), SHOWN)
    return re.sub(rf"({SHOWN} +)SHARDGEN_HOME", r"\1default", text)


if __name__ == "__main__":
    main(sys.argv[1:])
