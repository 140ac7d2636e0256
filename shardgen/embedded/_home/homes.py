"""The home of an embedded server: where it is, what is in it by which name, and whose it must be.

A home of somebody else is refused before anything in it is touched. Whoever writes in a home, past ``make_home``, holds
its lock.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from shardgen.embedded.programs import NAME, Account
from shardgen.errors import ConfigError, HomeError, Text, Use

_SHELL_SPECIAL: Final = frozenset('"$`\\\n\r')  # pg_ctl puts the data directory between double quotes for /bin/sh


@dataclass(frozen=True, slots=True)
class Home:
    """Names of what is in the home directory.

    It belongs to the user that runs shardgen, only ``data`` and ``socket`` and the log's content to the server's
    account. As root that matters: root writes the configuration into its own directory, never into the helper's.
    """

    path: Path

    @property
    def data(self) -> Path:
        return self.path / "postgres"

    @property
    def log(self) -> Path:
        return self.path / "server.log"

    @property
    def lock(self) -> Path:
        return self.path / "server.lock"

    @property
    def conf(self) -> Path:
        return self.path / "postgresql.conf"

    @property
    def socket(self) -> Path:
        return self.path / "socket"

    @property
    def socket_record(self) -> Path:
        """Holds the path of the socket directory where ``socket`` is too long a name, and the inode of the home."""
        return self.path / "socket-directory"

    @property
    def port_record(self) -> Path:
        """Holds the TCP port that was asked for, if one was."""
        return self.path / "tcp-port"

    @property
    def wal_record(self) -> Path:
        """Holds the level of the WAL that was asked for, if one was."""
        return self.path / "wal-level"


def data_dir(option: Path | None = None) -> Path:
    """The home of the embedded server: ``option``, else ``$SHARDGEN_HOME``, else the user's data directory.

    For root it is ``/var/lib/shardgen``: the server runs as a helper account, which cannot enter /root (0700).
    """
    named = option or os.environ.get("SHARDGEN_HOME")
    if named is None and os.geteuid() == 0:
        return Path("/var/lib") / NAME
    return _resolved(Path(named) if named else _usual_place())


def make_home(home: Path) -> Home:
    """Make the home where it is missing, and refuse one that cannot serve or belongs to somebody else."""
    path = home.resolve()
    if bad := sorted(_SHELL_SPECIAL.intersection(str(path))):
        raise HomeError(f"home={str(path)!r} holds {''.join(bad)!r}, which pg_ctl cannot pass on; choose another one")
    try:
        # As root the helper account must be able to pass through, but has no business in listing it.
        path.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise HomeError(f"home={str(path)!r} cannot be made: {reason}; set SHARDGEN_HOME to another place") from error
    check_owner(path)
    return Home(path)


def exists(layout: Home) -> bool:
    """Whether the home has a data directory."""
    try:
        return layout.data.is_dir()
    except PermissionError:
        raise HomeError(f"home={str(layout.path)!r} is closed to uid={os.geteuid()}; run as its owner") from None


def check_owner(path: Path) -> None:
    """Refuse a home of somebody else: its owner could swap what we make in it, as root with grave results."""
    owner = path.stat().st_uid
    if owner != os.geteuid():
        raise HomeError(
            f"home={str(path)!r} belongs to uid={owner}, not to uid={os.geteuid()}; "
            "run as its owner, or set SHARDGEN_HOME to a directory of your own"
        )


def read(path: Path) -> str | None:
    """The stripped text of a small file; None where it is missing."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


def make_file(path: Path, account: Account) -> None:
    """Make an empty file that only the account can open; it must not exist."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.fchown(descriptor, account.uid, account.gid)
    finally:
        os.close(descriptor)


def write_file(path: Path, text: str) -> None:
    """Replace a file of the home at once; readable, as the server's account reads it, and free of secrets."""
    partial = path.with_name(f"{path.name}.new")
    partial.write_text(text, encoding="utf-8")
    partial.chmod(0o644)
    partial.replace(path)


def _usual_place() -> Path:
    with contextlib.suppress(RuntimeError, KeyError):
        place = platformdirs.user_data_path(NAME, appauthor=False)
        if not str(place).startswith("~"):  # what expanduser leaves if it finds no home
            return place
    raise ConfigError(
        f"no home directory is known: HOME is not set, and uid={os.geteuid()} has no entry in the user database",
        remedy=Text("set SHARDGEN_HOME to a directory for the embedded server, or name a server with ", Use("dsn")),
    )


def _resolved(named: Path) -> Path:
    try:
        path = named.expanduser().resolve()
        str(path).encode()
    except (OSError, RuntimeError, UnicodeError) as error:
        why = "its bytes are not UTF-8" if isinstance(error, UnicodeError) else str(error)
        remedy = Text("set SHARDGEN_HOME (or ", Use("data_dir"), ") to another directory")
        raise ConfigError(f"home={str(named)!r} cannot be used: {why}", remedy=remedy) from error
    return path
