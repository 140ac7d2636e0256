"""One coordinator works in a prefix at a time: an object that says who, swapped again and again while he lives.

It is the courtesy that keeps two loads apart; what keeps rows right is that objects are created once. Whoever comes
later takes the place of one whose process is gone, whose object was not swapped for long, or who is to be ended.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self

from shardgen.errors import TargetError, Text, Use
from shardgen.stores.failures import StoreError
from shardgen.stores.lake import layout
from shardgen.stores.lake.objects import Held, Objects
from shardgen.stores.lake.records import VERSION, decoded, encoded

BEAT: Final = 15.0
"""Seconds between two signs of life."""
SILENCE: Final = timedelta(seconds=75)
"""After so long, by the store's clock, a coordinator of another host counts as gone: five signs of life are missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who is at work."""

    id: str
    """His alone; empty where nobody is."""
    host: str
    """With what tells containers of one host apart."""
    pid: int
    begun: str
    """What tells the process from a later one of its number; empty where the system does not say."""
    beat: int = 0

    @property
    def shown(self) -> str:
        """For messages."""
        return f"pid={self.pid} on host={self.host.partition(' ')[0]}"

    @classmethod
    def me(cls) -> Self:
        """This process."""
        pid = os.getpid()
        return cls(id=uuid.uuid4().hex, host=_host(), pid=pid, begun=_begun(pid))

    @property
    def gone(self) -> bool:
        """Whether it can be seen from here that the process is no more."""
        if not self.id:
            return True
        return self.host == _host() and (not _alive(self.pid) or _begun(self.pid) != self.begun)

    def to_bytes(self) -> bytes:
        """As the object has it."""
        return encoded({"version": VERSION, **asdict(self)})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The inverse of :meth:`to_bytes`."""
        told = decoded(data, "coordinator")
        told.pop("version")
        return cls(**told)


class Coordinator:
    """This process as the coordinator of a prefix, from when it has taken the object until it lets go.

    Args:
        objects: of the prefix.
        me: this process.
        held: the object, as this process has put it.
    """

    def __init__(self, objects: Objects, me: Holder, held: Held) -> None:
        self._objects = objects
        self._me = me
        self._held = held
        self._ended = threading.Event()
        self._lost = ""

    def check(self) -> None:
        """See that nobody has taken the place of this process.

        Raises:
            StoreError: somebody has.
        """
        if self._lost:
            raise StoreError(self._lost)

    def forget(self) -> None:
        """Leave the object alone from now on: it is about to be removed."""
        self._lost = "the place was reset"

    @contextlib.contextmanager
    def living(self) -> Iterator[Self]:
        """Give signs of life meanwhile, and let go afterwards."""
        beats = threading.Thread(target=self._beat, name="shardgen-coordinator", daemon=True)
        beats.start()
        try:
            yield self
        finally:
            self._ended.set()
            beats.join()
            self._let_go()

    def _beat(self) -> None:
        number = 0
        while not self._ended.wait(BEAT):
            number += 1
            with contextlib.suppress(StoreError):  # the next one may arrive
                self._swap(
                    Holder(id=self._me.id, host=self._me.host, pid=self._me.pid, begun=self._me.begun, beat=number)
                )
            if self._lost:
                return

    def _swap(self, holder: Holder) -> None:
        if self._objects.swap(layout.COORDINATOR, holder.to_bytes(), self._held):
            self._held = _read(self._objects) or self._held
            return
        other = holder_of(self._objects)
        if other is not None and other.id == self._me.id:
            self._held = _read(self._objects) or self._held  # an answer was lost
            return
        self._lost = (
            f"another coordinator has taken over: {other.shown}" if other else "another one has reset the place"
        )

    def _let_go(self) -> None:
        if self._lost:
            return
        with contextlib.suppress(StoreError):
            nobody = Holder(id="", host="", pid=0, begun="")
            self._objects.swap(layout.COORDINATOR, nobody.to_bytes(), self._held)


@contextlib.contextmanager
def alone(objects: Objects, server_time: datetime, *, take_over: bool) -> Iterator[Coordinator]:
    """Keep other coordinators out meanwhile.

    Args:
        objects: of the prefix.
        server_time: by the store's clock.
        take_over: whether one that is at work is to be ended.

    Raises:
        TargetError: one is at work.
    """
    before, me = _read(objects), Holder.me()
    if before is not None:
        _check_free(objects, before, server_time, take_over=take_over)
    if not objects.swap(layout.COORDINATOR, me.to_bytes(), before):
        raise _busy(objects, holder_of(objects))
    held = _read(objects)
    if held is None or Holder.from_bytes(held.data).id != me.id:
        raise _busy(objects, holder_of(objects))
    with Coordinator(objects, me, held).living() as coordinator:
        yield coordinator


def holder_of(objects: Objects) -> Holder | None:
    """Who is at work, as far as the object tells; None where nobody is."""
    held = _read(objects)
    found = Holder.from_bytes(held.data) if held else None
    return found if found is not None and found.id else None


def at_work(objects: Objects, server_time: datetime) -> Holder | None:
    """Who is at work and alive, as far as can be told from here."""
    held = _read(objects)
    return None if held is None or _is_gone(held, server_time) else Holder.from_bytes(held.data)


def _check_free(objects: Objects, held: Held, server_time: datetime, *, take_over: bool) -> None:
    if not take_over and not _is_gone(held, server_time):
        raise _busy(objects, Holder.from_bytes(held.data))


def _is_gone(held: Held, server_time: datetime) -> bool:
    return Holder.from_bytes(held.data).gone or server_time - held.modified > SILENCE


def _busy(objects: Objects, holder: Holder | None) -> TargetError:
    who = holder.shown if holder else "it came at the same time"
    return TargetError(
        f"another load is at work in {objects.address.url}: {who}",
        remedy=Text("wait for it, or end it by ", Use("take_over", value=True)),
    )


def _read(objects: Objects) -> Held | None:
    return objects.read(layout.COORDINATOR)


def _host() -> str:
    """This host, and its container where it is one."""
    try:
        return f"{socket.gethostname()} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _begun(pid: int) -> str:
    """When a process began, in ticks since the machine did; empty where the system does not say."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
