"""What a failure of a place calls for, and the failures that are of our own finding; each store classifies its own."""

from __future__ import annotations

import enum
from typing import Final

OUTAGE_PATIENCE: Final = 120.0
"""Seconds that a server may take to restart or recover before its absence is final."""


class StoreError(Exception):
    """The place failed for good in what a run asked of it; its text is one line, without secrets."""


class PermanentError(Exception):
    """A failure of our own finding that no retry of this table can mend: a trigger that drops rows, for example."""


class SupersededError(Exception):
    """The target was taken over by another run, or its relation is not the one that was claimed."""


class LeafRefusedError(Exception):
    """A leaf cannot be attached beside a DEFAULT partition, which has a place for its rows: send them there."""


class StoppedError(Exception):
    """The worker was asked to stop between two batches; nothing of the shard is committed."""


class Remedy(enum.Enum):
    """What to do about a failure."""

    RETRY = "try again"
    OUTAGE = "try again, for as long as an outage may last"
    FEWER = "try again, with fewer workers"
    STOP_TABLE = "give the table up; the others go on"
    STOP_LOAD = "stop the load"


def described(error: BaseException) -> str:
    """One line: the exception's type and text; its notes are added."""
    text = said(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def said(error: BaseException) -> str:
    """What an exception says, with its notes, in one line."""
    return " ".join(": ".join([str(error), *getattr(error, "__notes__", ())]).split())
