"""Make the outputs in README.md anew: what follows a block of commands as a ``text`` block is what they print.

    python scripts/captures.py A_LINE ...     # only the blocks that hold one of these texts

Commands are run as they stand, in order, in a scratch directory against an embedded server of their own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from scripts.blocks import Block, blocks  # noqa: E402

COLUMNS = 100


def main(wanted: list[str]) -> None:
    """Run what has an output in the README, and write it there."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    pairs = [(before, after) for before, after in pairwise(blocks(text)) if _captured(before, after, text)]
    home = Path(tempfile.mkdtemp(prefix="sg-", dir="/tmp"))  # short: a socket's path is limited
    home.chmod(0o711)  # as root the server runs as another user
    try:
        outputs = [(after, run(before, home)) for before, after in pairs]
    finally:
        run_command([sys.executable, "-m", "shardgen", "db", "stop"], home)
        shutil.rmtree(home)
    for (before, _), (after, output) in reversed(list(zip(pairs, outputs, strict=True))):
        if not wanted or any(each in before.text for each in wanted):
            text = text[: after.start] + output.rstrip() + "\n" + text[after.end :]
    readme.write_text(text, encoding="utf-8")


def _captured(before: Block, after: Block, text: str) -> bool:
    """Whether the second block is the output of the first."""
    between = text[before.end : after.start].split()
    return before.language in {"sh", "sql"} and not before.not_run and between == ["```", "```text"]


def run(block: Block, home: Path) -> str:
    """What a block prints, on a terminal of COLUMNS."""
    if block.language == "sql":
        return run_command([sys.executable, "-m", "shardgen", "db", "psql", "-c", block.text], home)
    script = f'shardgen() {{ "{sys.executable}" -m shardgen "$@"; }}\n{block.text}'
    return run_command(["bash", "-c", script], home)


def run_command(words: list[str], home: Path) -> str:
    """Stdout and stderr of a command, as they came; the words for the program are those of the README."""
    environment = os.environ | {
        "SHARDGEN_HOME": str(home / "h"),
        "COLUMNS": str(COLUMNS),
        "PYTHONPATH": str(ROOT),
        "PAGER": "cat",
    }
    done = subprocess.run(
        words, cwd=home, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False,
    )  # fmt: skip
    plain = "\n".join(line.rstrip() for line in done.stdout.splitlines())
    return plain.replace(f"{sys.executable} -m shardgen", "shardgen").replace(
        str(home / "h"), "~/.local/share/shardgen"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
