"""The directory of the embedded server's socket: 0700 and the server's account's, so that it is the outer wall.

It lies in the home, or in /tmp where the home's name is too long for a socket; the home then holds a record of it.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from shardgen.embedded._home import homes
from shardgen.embedded._home.conf import PORT
from shardgen.embedded._home.homes import Home
from shardgen.embedded.programs import NAME, Account
from shardgen.errors import ServerError
from shardgen.machine import sockets


def make(layout: Home, account: Account) -> Path:
    """The socket's directory, 0700 and the account's: in the home, or where that is too long a name, in /tmp.

    Not in XDG_RUNTIME_DIR, which is removed at logout, while the server stays.
    """
    at = known(layout)
    if at is not None and (at == layout.socket or not os.path.lexists(at) or is_private(at, account.uid)):
        _make_private(at, account)
        return at
    remedy = "set SHARDGEN_HOME to a directory with a name of at most 80 bytes, in which the socket can be"
    made = sockets.make_directory(f"{NAME}-", remedy=remedy)
    os.chown(made, account.uid, account.gid)
    homes.write_file(layout.socket_record, f"{made}\n{layout.path.stat().st_ino}\n")
    return made


def known(layout: Home) -> Path | None:
    """The socket's directory, whether it exists or not; None before the first start has chosen one in /tmp."""
    # libpq takes a comma in a host for the end of it.
    if sockets.fits(layout.socket / f".s.PGSQL.{PORT}") and "," not in str(layout.socket):
        return layout.socket
    recorded, _, inode = (homes.read(layout.socket_record) or "").partition("\n")
    # a copy of a home must not take the socket of the original for its own
    return Path(recorded) if recorded and inode in ("", str(layout.path.stat().st_ino)) else None


def _make_private(path: Path, account: Account) -> None:
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
        os.chown(path, account.uid, account.gid)
    if not is_private(path, account.uid):
        raise ServerError(f"socket_directory={str(path)!r} is not a 0700 directory of {account.name!r}; remove it")


def is_private(path: Path, uid: int) -> bool:
    """Whether it is a directory, not a link to one, that only this user can enter."""
    found = path.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == uid and found.st_mode & 0o077 == 0
