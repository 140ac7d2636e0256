"""Every exception that shardgen raises on purpose; the tree tells what a caller can do about it.

ShardgenError                 exit code 1 unless a subclass says otherwise
+-- UsageError                exit code 2: the request is wrong; nothing was written
|   +-- ConfigError           an option, variable or file holds a bad value
|   +-- TargetError           the target refuses: unreachable, no right, holds other rows, busy
|   +-- PluginError           a table of another package is missing, of another version, or broken
|   +-- ResumeError           there is no run to resume, or it differs from what was asked
|   +-- MachineError          no process, thread, memory or cluster is there for the work
+-- ServerError               the embedded PostgreSQL could not be set up, started or stopped
|   +-- HomeError             exit code 2: it cannot be where it should, or not as this user; nothing was written
+-- OutputError               a file could not be written when there was something to write
+-- VerificationError         exit code 2: the verification could not run, or was cut short; nothing is known
+-- ReportError               exit code 2: the report could not be made
+-- LoadError                 the load stopped; what is done stays done, and --resume goes on
    +-- ShardError            one shard failed for good; carries shard, attempt and first cause
    +-- ReconciliationError   plan, ledger and tables disagree
    +-- Interrupted           a signal stopped the load; exit code 128 + its number

What an error says of options it says by values, ``Use`` and ``Given``: the command line spells them as options, Python
as arguments, and nobody has to find them in a sentence.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class Use:
    """An option as one gives it: ``--if-exists replace`` on the command line, ``if_exists='replace'`` in Python."""

    option: str
    """Its name in Python: ``"if_exists"``."""
    value: str | float | None = None
    """True for a flag, None where the option alone is meant."""

    def __str__(self) -> str:
        value = "" if self.value is None or self.value is True else f" {self.value}"
        return f"--{self.option.replace('_', '-')}{value}"


@dataclass(frozen=True, slots=True)
class Given:
    """An option with the value that it was given: ``raw-data='x'`` on the command line, ``raw_data='x'`` in Python."""

    option: str
    """Its name in Python: ``"raw_data"``."""
    value: Any

    def __str__(self) -> str:
        return f"{self.option.replace('_', '-')}={self.shown}"

    @property
    def shown(self) -> str:
        """The value, texts in quotes."""
        return repr(self.value) if isinstance(self.value, str) else str(self.value)


Mention: TypeAlias = Use | Given
"""What each front spells its own way; ``str`` is the spelling of the command line."""


class Spoken(Protocol):
    """What consists of words and mentions: a text, a problem, an error."""

    @property
    def parts(self) -> tuple[str | Mention, ...]:
        """In their order."""


Part: TypeAlias = str | Mention | Spoken
"""What a text can be made of: ``Text("use ", Use("resume", True), " or another ", Use("schema"))``."""


@dataclass(frozen=True, slots=True, init=False)
class Text:
    """Words with mentions of options among them."""

    parts: tuple[str | Mention, ...]

    def __init__(self, *parts: Part) -> None:
        object.__setattr__(self, "parts", tuple(each for part in parts for each in _parts(part)))

    def __str__(self) -> str:
        return spelt(self.parts)

    def __bool__(self) -> bool:
        return bool(self.parts)

    @classmethod
    def joined(cls, between: str, parts: Iterable[Part]) -> Text:
        """The parts with the same words between them."""
        spread = [each for part in parts for each in (between, part)]
        return cls(*spread[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that stands in the way, of as many as there are."""

    text: Part
    """What is wrong; of a relation what follows its name: ``"is UNLOGGED, so a crash would empty it"``."""
    remedy: Part = ""
    """What to do about it."""
    relation: str = ""
    """The one that it is about, if it is about one."""

    @property
    def parts(self) -> tuple[str | Mention, ...]:
        """The problem as a sentence."""
        named = f"relation={self.relation} " if self.relation else ""
        return _sentence(Text(named, self.text), self.remedy).parts

    def __str__(self) -> str:
        return spelt(self.parts)


def spelt(parts: Iterable[str | Mention], spelling: Callable[[str | Mention], str] = str) -> str:
    """The parts as one text, with the mentions spelt as for the command line or otherwise."""
    return "".join(map(spelling, parts))


def _parts(part: Part) -> tuple[str | Mention, ...]:
    if isinstance(part, str):
        return (part,) if part else ()
    return (part,) if isinstance(part, Use | Given) else part.parts


def _sentence(text: Text, remedy: Part) -> Text:
    told = Text(remedy)
    return Text(text, ": ", told) if told else text


class ShardgenError(Exception):
    """Base of all; its text is one lower-case sentence with the value and the remedy.

    Args:
        said: what is wrong: words and mentions of options, other errors and problems among them.
        remedy: what to do about it, where that is not part of another error.
    """

    exit_code = 1
    spelling: Callable[[str | Mention], str] = staticmethod(str)
    """How mentions of options are spelt in its text; that of the command line, unless a Python function raised it."""

    def __init__(self, *said: Part, remedy: Part = "") -> None:
        super().__init__(*said)
        self.remedy = Text(remedy)

    @property
    def parts(self) -> tuple[str | Mention, ...]:
        """The whole sentence."""
        return _sentence(Text(*self.args), self.remedy).parts

    def __str__(self) -> str:
        return spelt(self.parts, self.spelling)


class UsageError(ShardgenError):
    """The request cannot be met as it stands; nothing was written."""

    exit_code = 2


class ConfigError(UsageError):
    """An option, an environment variable or a configuration file holds a bad value."""

    origin = ""
    """Where the value came from, unless the caller named it: ``"SHARDGEN_DAYS in .env"``."""

    @property
    def given(self) -> Given | None:
        """The option that the error is about, with its value; None where it is about no single one."""
        return next((part for part in self.parts[:1] if isinstance(part, Given)), None)

    @property
    def parts(self) -> tuple[str | Mention, ...]:
        """The whole sentence, with the origin of the value."""
        return (*super().parts, *((f" (it comes from {self.origin})",) if self.origin else ()))


class TargetError(UsageError):
    """The target database refuses the load before it begins."""


class PluginError(UsageError):
    """A table that another package brings is missing here, of another version than is needed, or broken."""


class ResumeError(UsageError):
    """There is no run to resume, or the run in the target differs from what was asked."""


class MachineError(UsageError):
    """What a load needs to run is not there: a process, a thread or memory of this machine, or a fit cluster."""


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

    resumable = False  # until a run is claimed

    def __init__(self, signum: int) -> None:
        super().__init__(_ENDINGS.get(signum) or f"stopped by {signal.Signals(signum).name}")
        self.exit_code = 128 + signum
