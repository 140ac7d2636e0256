"""Which processes work on a data directory, and which of them is its postmaster.

A data directory is known by its inode, never by a path: a home can be renamed, copied, bound or linked while its server
runs. What cannot be told apart counts as alive, so that nothing here takes a living server for what a crash left.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shardgen.embedded._home import homes
from shardgen.embedded._home.conf import PORT
from shardgen.embedded._home.homes import Home
from shardgen.errors import ServerError

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class PidFile:
    """What a postmaster writes into postmaster.pid; the file outlives a crash, and is copied with the directory."""

    pid: int
    data: str
    """The data directory, by the path that it had at the start."""
    port: int
    listens: bool
    """Whether it takes TCP connections on that port."""
    ready: bool
    """Whether it said that it accepts connections."""


def read_pid_file(layout: Home) -> PidFile | None:
    """The record in the data directory; None where there is none, or a postmaster is about to write it."""
    try:
        text = homes.read(layout.data / "postmaster.pid")
    except PermissionError:
        owner = layout.data.stat().st_uid
        raise ServerError(f"data_directory={str(layout.data)!r} belongs to uid={owner}; run as that user") from None
    # pid, data directory, start, port, socket directory, first address, shared memory, state
    lines = [*(text or "").split("\n"), *[""] * 8]
    if not lines[0].isdigit():
        return None
    return PidFile(
        pid=int(lines[0]),
        data=lines[1],
        port=int(lines[3]) if lines[3].isdigit() else PORT,
        listens=bool(lines[5].strip()),
        ready=lines[7].strip() == "ready",
    )


def find(layout: Home) -> int | None:
    """The pid of the live postmaster; None also when the recorded pid is by now that of something else."""
    record = read_pid_file(layout)
    if record is not None and _serves(record, layout):
        return record.pid
    # its record may be gone, or be that of another directory which was copied over this one
    return next((pid for pid in _working_in(layout.data) if _is_postmaster(_command(pid))), None)


def orphans(layout: Home) -> list[int]:
    """Backends that work in the data directory; without a postmaster, idle ones leave alone, busy ones do not."""
    return [pid for pid in _working_in(layout.data) if not _is_postmaster(_command(pid))]


def of_deleted(layout: Home) -> list[int]:
    """Servers whose data directory was deleted from here while they ran: nobody can reach their files any more."""
    gone = f"{layout.data.resolve()} (deleted)"
    found = []
    for pid in _servers():
        with contextlib.suppress(OSError):
            directory = _PROC / str(pid) / "cwd"
            if str(directory.readlink()) == gone and directory.stat().st_nlink == 0:
                found.append(pid)
    return found


def is_alive(pid: int) -> bool:
    """Whether there is a process of that number, of whatever kind."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _serves(record: PidFile, layout: Home) -> bool:
    """Whether the recorded process is a postmaster, and that of this directory."""
    if not (_PROC / "self").exists():
        return is_alive(record.pid)
    command = _command(record.pid)
    if not _is_postmaster(command) or os.fsencode(record.data or layout.data) not in command:
        return False
    try:
        return (_PROC / str(record.pid) / "cwd").samefile(layout.data)
    except FileNotFoundError:
        return False  # it ended meanwhile
    except PermissionError:  # root in a container may not see where a process of another account works
        return not _is_copy(record, layout)


def _is_copy(record: PidFile, layout: Home) -> bool:
    """Whether the record came here with a copy of the directory, whose own server it tells of."""
    original = Path(record.data)
    with contextlib.suppress(OSError):
        if original.exists() and not original.samefile(layout.data):
            text = homes.read(original / "postmaster.pid") or ""
            return text.partition("\n")[0] == str(record.pid)
    return False


def _working_in(data: Path) -> Iterator[int]:
    for pid in _servers():
        with contextlib.suppress(OSError):
            if (_PROC / str(pid) / "cwd").samefile(data):
                yield pid


def _servers() -> Iterator[int]:
    """Every process of a PostgreSQL server that we may look at."""
    for entry in _PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "exe").readlink().name.startswith("postgres"):
                yield int(entry.name)


def _command(pid: int) -> list[bytes]:
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def _is_postmaster(command: list[bytes]) -> bool:
    """A backend calls itself ``postgres: ...``, and a zombie nothing."""
    program = os.fsdecode(command[0]) if command else ""
    return Path(program).name.startswith("postgres") and not program.startswith("postgres:")
