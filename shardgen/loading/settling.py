"""How work on a run ends: word of it is left in the ledger, and the first failure is what the user hears."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from shardgen.errors import Interrupted, LoadError, MachineError
from shardgen.machine.refusals import refusal
from shardgen.stores import Run
from shardgen.stores.failures import StoreError, described

T = TypeVar("T")


def settled(run: Run, work: Callable[[Run], T], *, name: str, masked: Callable[[str], str]) -> T:
    """Do the work, and leave word in the ledger of what stopped it.

    Args:
        run: claimed.
        work: to be done on it; what it gives is given on.
        name: of the part of the run that the word is about, or empty.
        masked: a text without the store's secrets.

    Raises:
        LoadError: the store or the machine failed; whatever else the work raises is raised as it is.
    """
    try:
        return work(run)
    except (StoreError, MachineError) as error:
        run.settle("failed", name + str(error))
        raise LoadError(
            f"run={run.number} stopped: ", error if isinstance(error, MachineError) else str(error)
        ) from error
    except (OSError, RuntimeError, MemoryError, UnicodeError) as error:
        refused = refusal(error)
        run.settle("failed", name + masked(str(refused) or described(error)))
        if not refused:
            raise
        raise LoadError(f"run={run.number} stopped: ", refused) from error
    except BaseException as error:
        if isinstance(error, Interrupted):
            error.resumable = True
        state = "interrupted" if isinstance(error, Interrupted | KeyboardInterrupt) else "failed"
        run.settle(state, name + masked(str(error)))
        raise
