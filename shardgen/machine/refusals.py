"""What the system around us refuses, in a sentence with a remedy: files, processes, memory, encodings."""

from __future__ import annotations

import errno
import os
from typing import Final

from shardgen.errors import Part, Text, Use

_FEWER: Final = Text("use fewer ", Use("workers"))
_REMEDIES: Final[dict[int, Part]] = {
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "raise the system's limit of open files (fs.file-max)",
    errno.EAGAIN: Text("raise the limit of processes (ulimit -u, or pids.max of a container), or ", _FEWER),
    errno.ENOMEM: Text("leave it more memory (ulimit -v, or the container's limit), or ", _FEWER),
    errno.ENOSPC: "make room there",
    errno.EDQUOT: "raise the quota, or make room there",
    errno.EROFS: "name a place that can be written",
    errno.EACCES: "have the right given, or name another place",
    errno.EPERM: "have the right given, or name another place",
    errno.ENOENT: "is the working directory still there? change into one that is",
    errno.ENAMETOOLONG: "name a shorter path",
    errno.EIO: "the disk or the terminal fails: look into the system's log",
    errno.EPIPE: "what was to read it has ended",
}
_THREADS: Final = "can't start new thread"
_UNMAPPED: Final = "failed to map segment"
"""What the loader of shared libraries says for want of memory."""
_NO_THREAD: Final = Text("raise the limits of processes (ulimit -u, pids.max) and of memory (ulimit -v), or ", _FEWER)
"""A thread wants both a place among the processes and a stack."""


def refusal(error: BaseException) -> Text:
    """What was refused, and what to do; empty for errors that are not the system's."""
    match error:
        case MemoryError() | ImportError() if isinstance(error, MemoryError) or _UNMAPPED in str(error):
            return Text("memory is used up: ", _REMEDIES[errno.ENOMEM])
        case RuntimeError() if _THREADS in str(error):
            return Text("no thread can be started: ", _NO_THREAD)
        case UnicodeError():
            told = f"a text cannot be read or written in this encoding ({error})"
            return Text(told, ": set LC_ALL=C.UTF-8 or PYTHONUTF8=1")
        case OSError() if error.errno:
            named = f"{os.fsdecode(error.filename)!r}: " if isinstance(error.filename, str | bytes) else ""
            remedy = _REMEDIES.get(error.errno, "")
            return Text(named, os.strerror(error.errno), *((": ", remedy) if remedy else ()))
        case _:
            return Text()
