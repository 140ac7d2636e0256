"""Whether a place can be a lake: tried before the first shard, with an object that comes and goes.

Whoever may not write, and a bucket that overwrites what it should keep, are found out here and not in mid-load.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from shardgen.errors import Problem, TargetError
from shardgen.model.plan import Plan
from shardgen.stores.lake import layout
from shardgen.stores.lake.objects import Objects
from shardgen.stores.lake.records import Current

_NAMED: Final = 3  # foreign files in a message


def probe(objects: Objects) -> datetime:
    """See that objects are created only where none is, and swapped only for what was read; the store's time.

    Raises:
        TargetError: this place does not keep that.
        LakeError: it refuses.
    """
    key, twin = (f"{layout.ROOT}/probe-{uuid.uuid4().hex}{end}" for end in ("", ".copy"))
    if not objects.put_new(key, b"1"):
        raise _unfit(objects, "says that an object is there which is not")
    try:
        return _tried(objects, key, twin)
    finally:
        objects.delete([key, twin])


def _tried(objects: Objects, key: str, twin: str) -> datetime:
    if objects.put_new(key, b"2"):
        raise _unfit(objects, "overwrites an object that is to be created only if there is none (If-None-Match)")
    held = objects.read(key)
    if held is None:
        raise _unfit(objects, "does not give back an object that it has just taken")
    if not objects.swap(key, b"3", held):
        raise _unfit(objects, "does not swap an object for the one that was read (If-Match)")
    if objects.swap(key, b"4", held):
        raise _unfit(objects, "overwrites an object that has changed since it was read (If-Match)")
    if not objects.copy_new(key, twin) or objects.copy_new(key, twin):
        raise _unfit(objects, "does not keep a copy from overwriting an object")
    return held.modified


def _unfit(objects: Objects, why: str) -> TargetError:
    return TargetError(
        f"{objects.address.url} {why}: so two loads could take each other's place unseen",
        remedy="use a store with conditional writes, as Amazon S3, Google Cloud Storage and Azure have them",
    )


def unwritable(objects: Objects) -> Iterator[Problem]:
    """Why nothing could be written; of a folder of this machine told without writing."""
    if objects.address.local:
        folder = existing(Path(objects.address.prefix))
        if not folder.is_dir():
            yield Problem(text=f"{folder} is no folder", remedy="name another one")
        elif not os.access(folder, os.W_OK | os.X_OK):
            yield Problem(
                text=f"folder={str(folder)!r} may not be written to", remedy="ask for the right to write there"
            )
        return
    try:
        probe(objects)
    except TargetError as error:
        yield Problem(text=error)


def existing(path: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    return next(each for each in (path, *path.parents) if each.exists())


def foreign(objects: Objects, current: Current, plan: Plan) -> Iterator[Problem]:
    """Files of others, which readers would take for rows: anywhere in a prefix that is new, else beside our own."""
    if not current.runs:
        others = (each.key for each in objects.list() if not layout.hidden(each.key))
    else:
        there = (each.key for table in plan.config.tables for each in objects.list(table))
        others = (key for key in there if not layout.hidden(key) and layout.generation(key) not in current.runs)
    if named := _some(others):
        text = f"{objects.address.url} holds files that no load of shardgen wrote: {named}"
        yield Problem(text=text, remedy="name a prefix of its own, or move them away")


def _some(keys: Iterator[str]) -> str:
    """The first of them, and whether there are more; what comes then is not listed any more."""
    first = [key for key, _ in zip(keys, range(_NAMED + 1), strict=False)]
    return ", ".join(first[:_NAMED]) + (", and more" if len(first) > _NAMED else "")


def free(objects: Objects) -> tuple[int, str] | None:
    """Bytes that are free for a folder of this machine, and where; None where that cannot be known."""
    if not objects.address.local:
        return None
    folder = existing(Path(objects.address.prefix))
    return shutil.disk_usage(folder).free, str(folder)


def today() -> datetime:
    """By this machine's clock, where no store's is asked."""
    return datetime.now(UTC)
