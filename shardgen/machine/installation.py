"""How this program was installed and started, and so how a command that a message names is to be written.

A command is read in the shell that started us. What is written here runs there as it stands: by its bare name only if
that shell finds it, by its path, by the runner that keeps nothing behind (uvx, pipx run), or as a module.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

NAME: Final = "shardgen"
DRAWING: Final = "vl-convert-python>=1.7"
"""What the extra ``report`` brings: it draws the pictures."""
DASK: Final = "shardgen[dask]"
"""What talks to a Dask cluster."""
LAKE: Final = "shardgen[lake]"
"""What reads and writes the objects of a lake."""
DUCKDB: Final = "shardgen[duckdb]"
"""What asks laws and shapes of files."""
DELTA: Final = "shardgen[delta]"
"""What commits files to Delta tables."""
ICEBERG: Final = "shardgen[iceberg]"
"""What commits files to Iceberg tables."""
KAFKA: Final = "shardgen[kafka]"
"""What talks to Kafka."""
_MODULES: Final = {
    DASK: "distributed",
    DELTA: "deltalake",
    DUCKDB: "duckdb",
    ICEBERG: "pyiceberg",
    KAFKA: "confluent_kafka",
    LAKE: "obstore",
    DRAWING: "vl_convert",
}
_EXTRAS: Final = {
    "dask": DASK,
    "delta": DELTA,
    "duckdb": DUCKDB,
    "iceberg": ICEBERG,
    "kafka": KAFKA,
    "lake": LAKE,
    "report": DRAWING,
}


def program(*requirements: str) -> str:
    """How to start this program again: ``shardgen``, ``.venv/bin/shardgen``, ``uvx --from . shardgen``.

    Args:
        requirements: libraries that a runner is to bring; where an environment stays they are installed, not named.
    """
    if runner := _runner(*requirements):
        return f"{runner} {NAME}"
    called = sys.argv[0]
    if Path(called).name == NAME and os.access(called, os.X_OK):
        return spelt(called)
    return f"{spelt(sys.executable)} -m {NAME}"


def spelt(path: str) -> str:
    """A program as the shell finds it: by its name, if that leads to it there, else by its path."""
    if "UV" not in os.environ and shutil.which(name := Path(path).name) == path:  # uv run puts more on our PATH
        return name
    near = _near(path)
    return shlex.quote(near if "/" in near else f"./{near}")


def typed(command: str, **options: object) -> str:
    """A command as a shell takes it, with options: ``shardgen db stop --data-dir /srv/x``."""
    given = [f"--{name.replace('_', '-')} {shlex.quote(str(value))}" for name, value in options.items()]
    return " ".join([command, *given])


def installed(requirement: str) -> bool:
    """Whether an extra's library is there."""
    return importlib.util.find_spec(_MODULES[requirement]) is not None


def kept() -> bool:
    """Whether what is installed now is there the next time."""
    return not _runner()


def install(*requirements: str) -> str:
    """The command that brings libraries to where this program runs; of a runner the whole command, with them."""
    wanted, prefix = shlex.join(requirements), Path(sys.prefix)
    if not kept():
        return f"{program(*requirements)} {shlex.join(sys.argv[1:])}"
    if (prefix / "uv-receipt.toml").exists():
        return f"uv tool install {' '.join(f'--with {shlex.quote(each)}' for each in requirements)} {_source()}"
    if (prefix / "pipx_metadata.json").exists():
        return f"pipx inject {NAME} {wanted}"
    python = spelt(sys.executable)
    if importlib.util.find_spec("pip") is None and shutil.which("uv"):
        return f"uv pip install --python {python} {wanted}"
    return f"{python} -m pip install {wanted}"


def _runner(*requirements: str) -> str:
    """The runner that made an environment for us alone, with its options; nothing where the environment stays."""
    prefix, more = Path(sys.prefix), [shlex.quote(each) for each in requirements]
    if prefix.parent.name.startswith(("archive-v", "environments-v", "builds-v")):  # in uv's cache
        uvx = "uvx" if shutil.which("uvx") else f"{spelt(os.environ.get('UV', 'uv'))} tool run"
        return " ".join([uvx, *(f"--with {each}" for each in more), f"--from {_source()}"])
    if (prefix / "pipx_metadata.json").exists() and prefix.parent.name != "venvs":
        return " ".join(["pipx run", *(f"--with {each}" for each in more), f"--spec {_source()}"])
    return ""


def _source() -> str:
    """What an installer is told to find us again, with the extras that are there: ``.``, ``'shardgen[lake,report]'``.

    Where we came from is recorded as PEP 610 says; nothing is recorded of what came from an index.
    """
    from importlib import metadata  # noqa: PLC0415  # slow to import, and needed behind a runner alone

    found = json.loads(metadata.distribution(NAME).read_text("direct_url.json") or "{}")
    extras = ",".join(name for name, requirement in _EXTRAS.items() if installed(requirement))
    url, named = str(found.get("url", "")), NAME + (f"[{extras}]" if extras else "")
    if vcs := found.get("vcs_info"):
        url = f"{vcs['vcs']}+{url}@{vcs.get('requested_revision') or vcs['commit_id']}"
    elif url.startswith("file:"):
        path = _near(unquote(urlsplit(url).path))
        here = path if path in {".", ".."} or "/" in path else f"./{path}"
        return shlex.quote(here + named.removeprefix(NAME))
    return shlex.quote(f"{named} @ {url}" if url else named)


def _near(path: str) -> str:
    """The path relative to the working directory where it lies below it."""
    try:
        return str(Path(path).absolute().relative_to(Path.cwd()))
    except (OSError, ValueError):  # elsewhere, or a working directory that is gone
        return path
