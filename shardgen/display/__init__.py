"""What users see: the progress of a load, a verification or a report, and tables of what came of it.

A display of progress takes events and knows nothing of how they come about. It is chosen by name and imports its own
library; all of them show the same ``tally.Tally``. A printed table is a function of what a command returned.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import TYPE_CHECKING, TextIO, TypeAlias

from shardgen.display.streams import patient
from shardgen.model.checks import check_choice
from shardgen.model.choices import PROGRESS

if TYPE_CHECKING:
    from shardgen.events import Event

Show: TypeAlias = "Callable[[Event], None]"
"""Takes the events of a load."""

__all__ = ["Show", "display"]


@contextlib.contextmanager
def display(mode: str = "auto", *, stream: TextIO | None = None) -> Iterator[Show]:
    """Open a display; events go to the function that it yields, from any thread.

    Args:
        mode: one of ``choices.PROGRESS``; ``auto`` chooses by where it is shown.
        stream: where to show it; standard error by default.

    Raises:
        ConfigError: the mode is unknown.
    """
    check_choice("progress", mode, PROGRESS)
    out = patient(sys.stderr if stream is None else stream)
    with _open(choose(out, os.environ) if mode == "auto" else mode, out) as shown:
        yield shown


def choose(stream: TextIO, environ: Mapping[str, str]) -> str:
    """The display that suits: a notebook, a terminal that can move its cursor, one that cannot, or a log.

    A job of CI may have a terminal, but what is read of it is a log (``CI`` is set by all that matter).
    """
    if _in_notebook():
        return "tqdm"
    if not stream.isatty() or environ.get("CI", "").lower() not in {"", "0", "false"}:
        return "plain"
    return "tqdm" if environ.get("TERM") in {"dumb", "unknown"} else "rich"


def _open(mode: str, stream: TextIO) -> AbstractContextManager[Show]:
    match mode:
        case "rich":
            from shardgen.display.live import Live

            return Live(stream)
        case "tqdm":
            from shardgen.display.bars import Bars

            return Bars(stream, each_table=_in_notebook() and find_spec("ipywidgets") is not None)
        case "plain":
            from shardgen.display.lines import Lines

            return Lines(stream)
        case _:
            return contextlib.nullcontext(_ignore)


def _ignore(_: Event) -> None:
    """The display ``none``."""


def _in_notebook() -> bool:
    """Whether an IPython kernel (Jupyter, Colab, VS Code) runs us; a mere IPython shell is a terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")
