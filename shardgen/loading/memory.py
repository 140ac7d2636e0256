"""What a worker keeps of its memory between batches and between tables: glibc is told, others have their ways."""

from __future__ import annotations

import contextlib
import ctypes
import sys
import threading
from typing import Final

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
"""Options of mallopt(3), from malloc.h."""
_KEPT: Final = ((M_MMAP_THRESHOLD, 256 << 20), (M_TRIM_THRESHOLD, 512 << 20), (M_TOP_PAD, 16 << 20))  # bytes
_begun: dict[str, str] = {}
"""The table of the last shard."""


def keep() -> None:
    """Let malloc keep what a batch has used for the next one.

    A batch takes some dozen buffers of up to 10 MB; by default glibc maps each anew and gives it back, and the page
    faults cost as much as the encoding (0.5 to 2 us a row, more where the machine is busy). With Arrow's buffers in
    the same heap a worker also stays 50 MiB smaller than with Arrow's own allocator.
    """
    import pyarrow as pa

    pa.set_memory_pool(pa.system_memory_pool())
    with contextlib.suppress(NotImplementedError):  # this platform's Arrow comes without; what makes rows uses it
        pa.jemalloc_set_decay_ms(10_000)
    with contextlib.suppress(OSError, AttributeError):  # not glibc
        mallopt = ctypes.CDLL(None).mallopt
        for option, value in _KEPT:
            mallopt(option, value)


class _NoPandas:
    """Finds no pandas, for the thread that made it."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def find_spec(self, name: str, *_: object) -> None:
        if name == "pandas" and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(name=name)


def do_without_pandas() -> None:
    """Have Arrow find no pandas, which it imports with its first array where that is installed: 50 MiB, half a second.

    Rows need nothing of it. What others do in this process goes on as ever: whoever imports pandas has it, and Arrow
    looks again when it is asked for a frame.
    """
    import pyarrow as pa

    if "pandas" in sys.modules:
        return
    nothing = _NoPandas()
    sys.meta_path.insert(0, nothing)
    try:
        pa.array([])
    finally:
        sys.meta_path.remove(nothing)


def give_back(table: str) -> None:
    """Return what malloc keeps to the system when another table begins, so that the peaks of tables do not add up.

    Within a table nothing is returned: the next shard takes the same again. In one comparison a worker that builds
    shards of every table had 174 MiB instead of 188; it costs some 20 ms.
    """
    if table != _begun.get("table"):
        _begun["table"] = table
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
