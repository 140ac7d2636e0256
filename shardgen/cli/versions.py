"""``shardgen version``: the versions that decide the bytes of the data, and those of the libraries that carry them."""

from __future__ import annotations

from typing import Final

from shardgen import __version__
from shardgen.cli import terminal
from shardgen.cli.options import Json, examples, takes
from shardgen.model.config import DATA_VERSION

LIBRARIES: Final = {"faker": "Faker", "numpy": "numpy", "pyarrow": "pyarrow", "psycopg": "psycopg"}
"""By distribution, as they write themselves: of words, numbers, batches and the way to the server."""


@examples("version", "version --json", "--version")
@takes(volume=False)
def version(*, as_json: Json = False) -> None:
    """Tell the versions that matter: of the data, the server and the libraries."""
    found = versions()
    if as_json:
        terminal.print_json(found)
    else:
        terminal.print_text(told(found))


def versions() -> dict[str, str | int | None]:
    """Every version by name; two installations that agree in shardgen, data and faker make the same bytes."""
    import platform
    from importlib import metadata

    return {
        "shardgen": __version__,
        "data": DATA_VERSION,
        **{name: metadata.version(name) for name in LIBRARIES},
        "libpq": _libpq(),
        "postgresql": _postgresql(),
        "python": platform.python_version(),
    }


def told(found: dict[str, str | int | None]) -> str:
    """The same, a line for each, shardgen first."""
    names = {**LIBRARIES, "data": "data version", "postgresql": "PostgreSQL", "python": "Python"}
    return "\n".join(f"{names.get(name, name)} {value or 'none'}" for name, value in found.items())


def _libpq() -> str:
    from psycopg import pq

    return f"{pq.version() // 10_000}.{pq.version() % 10_000}"


def _postgresql() -> str | None:
    """Of the embedded server; None where its wheel is not installed."""
    import subprocess

    from shardgen.embedded.programs import binary
    from shardgen.errors import ServerError

    try:
        command = [str(binary("postgres")), "--version"]
    except ServerError:
        return None
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # the wheel's own
    return ran.stdout.split()[2] if ran.returncode == 0 else None
