"""Every exception that shardgen raises on purpose; the tree tells what a caller can do about it.

ShardgenError                 exit code 1 unless a subclass says otherwise
+-- UsageError                exit code 2: the request is wrong; nothing was written
|   +-- ConfigError           an option, variable or file holds a bad value
|   +-- TargetError           the target refuses: unreachable, no right, holds other rows, busy
|   +-- ResumeError           there is no run to resume, or it differs from what was asked
|   +-- MachineError          this machine gives no process, thread or memory
+-- ServerError               the embedded PostgreSQL could not be set up, started or stopped
|   +-- HomeError             exit code 2: it cannot be where it should, or not as this user; nothing was written
+-- OutputError               a file could not be written when there was something to write
+-- VerificationError         exit code 2: the verification could not run, or was cut short; nothing is known
+-- ReportError               exit code 2: the report could not be made
+-- LoadError                 the load stopped; what is done stays done, and --resume goes on
    +-- ShardError            one shard failed for good; carries shard, attempt and first cause
    +-- ReconciliationError   plan, ledger and tables disagree
    +-- Interrupted           a signal stopped the load; exit code 128 + its number
"""

from __future__ import annotations

import signal


class ShardgenError(Exception):
    """Base of all; its text is one lower-case sentence with the value and the remedy."""

    exit_code = 1


class UsageError(ShardgenError):
    """The request cannot be met as it stands; nothing was written."""

    exit_code = 2


class ConfigError(UsageError):
    """An option, an environment variable or a configuration file holds a bad value."""


class TargetError(UsageError):
    """The target database refuses the load before it begins."""


class ResumeError(UsageError):
    """There is no run to resume, or the run in the target differs from what was asked."""


class MachineError(UsageError):
    """This machine does not give what a load needs: a process, a thread, memory."""


class ServerError(ShardgenError):
    """The embedded PostgreSQL could not be set up, started or stopped."""


class OutputError(ShardgenError):
    """A file that the user named could not be written, though it had seemed so before."""


class HomeError(ServerError):
    """The embedded PostgreSQL cannot have this home, or run as this user; nothing was written."""

    exit_code = 2


class VerificationError(ShardgenError):
    """The verification could not run or was cut short: it says nothing about what is loaded."""

    exit_code = 2


class ReportError(ShardgenError):
    """The report could not be made: nothing is loaded, the server failed, or what draws the pictures is missing."""

    exit_code = 2


class LoadError(ShardgenError):
    """The load stopped before its end; committed shards stay, ``--resume`` does the rest."""

    resumable = True
    """Whether there is a run to go on with."""


class ShardError(LoadError):
    """One shard failed for good.

    Args:
        shard: the shard's id, as the ledger has it.
        attempt: how often it was tried, from 1.
        cause: the text of the first failure.
    """

    def __init__(self, shard: str, attempt: int, cause: str) -> None:
        super().__init__(f"shard={shard!r} failed at attempt={attempt}: {cause}")
        self.shard = shard
        self.attempt = attempt
        self.cause = cause


class ReconciliationError(LoadError):
    """Plan, ledger and tables disagree after the last shard.

    Args:
        text: the differences.
        report: the whole report as plain JSON values, for ``--json``.
    """

    def __init__(self, text: str, report: dict[str, object]) -> None:
        super().__init__(text)
        self.report = report


_ENDINGS: dict[int, str] = {
    signal.SIGINT: "interrupted (Ctrl-C)",
    signal.SIGHUP: "stopped by SIGHUP: its terminal, or the session that it ran in, was closed",
}


class Interrupted(LoadError):
    """A signal stopped the load.

    Args:
        signum: the signal's number; the exit code is 128 more.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(_ENDINGS.get(signum) or f"stopped by {signal.Signals(signum).name}")
        self.exit_code = 128 + signum
