"""How much the embedded server writes to its WAL: as little as it can, or what logical decoding reads.

A level that was asked for is kept in the home, as a port is: the next start, also that of a load, has it again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from shardgen.embedded._home import homes
from shardgen.embedded._home.homes import Home
from shardgen.errors import ConfigError, Given
from shardgen.machine.installation import program, typed

LEVELS: Final = ("minimal", "logical")
"""The first one where nobody asks."""


def check(level: str | None) -> None:
    """Refuse what is no level.

    Raises:
        ConfigError: it is none.
    """
    if level is not None and level not in LEVELS:
        raise ConfigError(Given("wal_level", level), f" is unknown: choose from {', '.join(LEVELS)}")


def check_running(home: Path, asked: str | None, now: str) -> None:
    """Refuse to change the level of a server that runs.

    Raises:
        ConfigError: it runs with another one.
    """
    if asked is not None and asked != now:
        stop = typed(f"{program()} db stop", data_dir=home)
        told = f" cannot be set: the server runs already, with {now}: stop it first: {stop}"
        raise ConfigError(Given("wal_level", asked), told)


def choose(layout: Home, asked: str | None) -> str:
    """The level to start with: the one that is asked for, or that an earlier start was asked for."""
    kept = (homes.read(layout.wal_record) or "").strip()
    return asked or (kept if kept in LEVELS else LEVELS[0])


def keep(layout: Home, asked: str | None) -> None:
    """Keep what was asked for, once the server runs with it."""
    if asked == LEVELS[0]:
        layout.wal_record.unlink(missing_ok=True)
    elif asked:
        homes.write_file(layout.wal_record, f"{asked}\n")
