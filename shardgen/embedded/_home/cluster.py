"""The embedded cluster's data directory: it is either absent or a whole one that shardgen made.

initdb works in a sibling that is renamed when done. A directory that is not our cluster is refused before anything in
it is touched.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shardgen.embedded._home import homes
from shardgen.embedded._home.homes import Home
from shardgen.embedded.programs import NAME, WHEEL, Account, Notice, run, why
from shardgen.errors import ServerError

_MARKER: Final = "SHARDGEN_CLUSTER"  # a file in the cluster that initdb does not make: this one is ours


def has_content(path: Path) -> bool:
    """Whether it is a directory that is not empty; initdb takes an empty one."""
    return path.is_dir() and any(path.iterdir())


def initialise(layout: Home, account: Account, programs: Path, on_notice: Notice) -> None:
    """Make the cluster in a sibling and rename it: killed at any moment, it leaves no half of one."""
    on_notice(f"initialising a database cluster in {layout.data}")
    partial = Path(tempfile.mkdtemp(prefix="postgres.partial-", dir=layout.path))
    try:
        os.chown(partial, account.uid, account.gid)
        with _claimed(partial) as claim:
            _initdb(partial, account, programs, claim)
        partial.rename(layout.data)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    _sync_directory(layout.path)


def _initdb(partial: Path, account: Account, programs: Path, claim: int) -> None:
    """UTF8 under the builtin C.UTF-8: sorts by code point with memcmp as C does, knows the letters beyond ASCII, and
    depends on no library's locales. 0.2 s of its 0.7 s are the fsync, which the rename needs.
    """
    locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    # The cluster's own configuration is not used, but should be safe if somebody starts it by hand.
    access = ("--auth-local=peer", "--auth-host=reject", "--set=listen_addresses=")
    options = (f"--username={NAME}", "--data-checksums", "--no-instructions", *locale, *access)
    done = run([str(programs / "initdb"), f"--pgdata={partial}", *options], account, partial.parent, keep=(claim,))
    if done.returncode != 0:
        raise ServerError(f"initdb failed in {str(partial.parent)!r}: {why(done)}")
    homes.make_file(partial / _MARKER, account)


@contextlib.contextmanager
def _claimed(directory: Path) -> Iterator[int]:
    """Lock a half-made directory; a program that inherits the descriptor keeps the lock should we be killed."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor
    finally:
        os.close(descriptor)


def sweep(layout: Home) -> None:
    """Remove what killed starts left half-made, at each start; but not from under an initdb that outlives its parent:
    that would leak its shared memory.
    """
    for abandoned in layout.path.glob("*.partial-*"):
        with contextlib.suppress(BlockingIOError), _claimed(abandoned):
            shutil.rmtree(abandoned, ignore_errors=True)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check(layout: Home, account: Account, programs: Path) -> None:
    """Refuse before PostgreSQL touches it: a directory of another kind, another maker or another version."""
    where = f"data_directory={str(layout.data)!r}"
    remedy = "move it away, or set SHARDGEN_HOME to another place"
    version = homes.read(layout.data / "PG_VERSION")
    if version is None:
        raise ServerError(f"{where} is not a PostgreSQL cluster: it has no PG_VERSION; {remedy}")
    if not (layout.data / _MARKER).exists():
        raise ServerError(f"{where} is a PostgreSQL cluster that shardgen did not make; {remedy}")
    ours = run([str(programs / "postgres"), "--version"], account, layout.path).stdout.split()[2]
    if version != ours.split(".")[0]:
        raise ServerError(
            f"{where} is of PostgreSQL version={version}, but the programs are version={ours}; "
            f"install the {WHEEL} that made it, or {remedy}"
        )
    if not (layout.data / "global" / "pg_control").exists():
        raise ServerError(f"{where} is damaged: it has no global/pg_control; {remedy}")
