"""Who is at work in a prefix: one coordinator, or the parts of one load side by side.

Each has an object that says who he is and that he lives. It is the courtesy that keeps two loads apart; what keeps rows
right is that objects are created once. A coordinator and a part first say that they are there and then look for each
other, so that at least one of them sees the other. Whose process is gone, or who is silent for long, is passed over.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self

from shardgen.errors import TargetError, Text, Use
from shardgen.stores.failures import StoreError
from shardgen.stores.lake import layout
from shardgen.stores.lake.objects import Held, Objects
from shardgen.stores.lake.records import VERSION, decoded, encoded
from shardgen.stores.retry import until

BEAT: Final = 15.0
"""Seconds between two signs of life."""
SILENCE: Final = timedelta(seconds=75)
"""After so long, by the store's clock, one of another host counts as gone: five signs of life are missing."""
_LOOKS: Final = 100
"""How often a part that is to finish looks whether the others have let go, ten times a second."""


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
    """How often he has given a sign of life."""

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


class Seat:
    """The place of this process among those who are at work, from when it is taken until it is left.

    Args:
        objects: of the prefix.
        shared: whether parts of the same load sit beside it.
    """

    def __init__(self, objects: Objects, *, shared: bool) -> None:
        self._objects = objects
        self._me = Holder.me()
        self._shared = shared
        self._held: Held | None = None
        self._lock = threading.Lock()
        """Held while the object is swapped or left."""
        self._ended = threading.Event()
        self._lost = ""

    @property
    def shared(self) -> bool:
        """Whether parts of the same load may be at work beside this process."""
        return self._shared

    def check(self) -> None:
        """See that nobody has taken the place of this process.

        Raises:
            StoreError: somebody has.
        """
        if self._lost:
            raise StoreError(self._lost)

    def forget(self) -> None:
        """Leave the object alone from now on: it is about to be removed."""
        with self._lock:
            self._lost = "the place was reset"

    def alone(self) -> bool:
        """Let go of a shared seat and take the other one; False where somebody else has it."""
        if not self._shared:
            return True
        with self._lock:
            self._leave()
            self._shared = False
        taken: list[bool] = []

        def settled() -> bool:
            taken[:] = [self._sit_down_alone()] if not self._somebody_alone() else [False]
            return taken[0] or self._somebody_alone()

        until(settled, looks=_LOOKS)
        return bool(taken and taken[0])

    def sit_down(self, server_time: datetime, *, take_over: bool) -> None:
        """Take the seat.

        Raises:
            TargetError: others are at work.
        """
        if self._shared:
            self._sit_down_beside()
            return
        before = _read(self._objects, layout.COORDINATOR)
        if before is not None and not take_over and not _is_gone(before, server_time):
            raise self._busy()
        if take_over:
            self._objects.delete([each.key for each in self._objects.list(layout.PARTS)])
        if not self._put(layout.COORDINATOR, before):
            raise self._busy()
        if parts_at_work(self._objects, server_time):
            refusal = self._busy()
            self._leave()
            raise refusal

    @contextlib.contextmanager
    def living(self) -> Iterator[Self]:
        """Give signs of life meanwhile, and leave afterwards."""
        beats = threading.Thread(target=self._beat, name="shardgen-coordinator", daemon=True)
        beats.start()
        try:
            yield self
        finally:
            self._ended.set()
            beats.join()
            with self._lock, contextlib.suppress(StoreError):
                self._leave()

    def _sit_down_beside(self) -> None:
        """Sit beside parts, if nobody is at work alone."""
        self._objects.put_new(self._key, self._me.to_bytes())
        self._held = _read(self._objects, self._key)
        if self._somebody_alone():
            refusal = self._busy()
            self._leave()
            raise refusal

    def _sit_down_alone(self) -> bool:
        with self._lock, contextlib.suppress(TargetError):
            self.sit_down(self._time(), take_over=False)
            return True
        return False

    def _somebody_alone(self) -> bool:
        held = _read(self._objects, layout.COORDINATOR)
        return held is not None and not _is_gone(held, self._time()) and Holder.from_bytes(held.data).id != self._me.id

    def _time(self) -> datetime:
        """By the store's clock, when it took our last word, and by ours since."""
        assert self._held is not None
        return self._held.modified + timedelta(seconds=BEAT)

    @property
    def _key(self) -> str:
        return f"{layout.PARTS}/{self._me.id}" if self._shared else layout.COORDINATOR

    def _beat(self) -> None:
        while not self._ended.wait(BEAT):
            self._me = replace(self._me, beat=self._me.beat + 1)
            with self._lock, contextlib.suppress(StoreError):  # the next word may arrive
                self._say()

    def _say(self) -> None:
        """Say that we live; the object tells if another one has taken our place."""
        if self._lost or self._held is None or self._put(self._key, self._held):
            return
        other = holder_of(self._objects)
        self._lost = f"another coordinator has taken over: {other.shown}" if other else "another one was at work here"

    def _put(self, key: str, before: Held | None) -> bool:
        """Swap the object for our word, and see that it is there: an answer may have been lost."""
        self._objects.swap(key, self._me.to_bytes(), before)
        held = _read(self._objects, key)
        if held is None or Holder.from_bytes(held.data).id != self._me.id:
            return False
        self._held = held
        return True

    def _leave(self) -> None:
        if self._lost or self._held is None:
            return
        if self._shared:
            self._objects.delete([self._key])
        else:
            self._objects.swap(self._key, Holder(id="", host="", pid=0, begun="").to_bytes(), self._held)

    def _busy(self) -> TargetError:
        who = ", ".join(each.shown for each in at_work(self._objects, None)) or "it came at the same time"
        return TargetError(
            f"another load is at work in {self._objects.address.url}: {who}",
            remedy=Text("wait for it, or end it by ", Use("take_over", value=True)),
        )


@contextlib.contextmanager
def seated(objects: Objects, server_time: datetime, *, shared: bool = False, take_over: bool = False) -> Iterator[Seat]:
    """Keep other coordinators out meanwhile.

    Args:
        objects: of the prefix.
        server_time: by the store's clock.
        shared: whether parts of the same load may be at work beside this process.
        take_over: whether those that are at work are to be ended.

    Raises:
        TargetError: others are at work.
    """
    seat = Seat(objects, shared=shared)
    seat.sit_down(server_time, take_over=take_over)
    with seat.living():
        yield seat


def holder_of(objects: Objects) -> Holder | None:
    """Who is at work alone, as far as the object tells; None where nobody is."""
    held = _read(objects, layout.COORDINATOR)
    found = Holder.from_bytes(held.data) if held else None
    return found if found is not None and found.id else None


def at_work(objects: Objects, server_time: datetime | None) -> list[Holder]:
    """Who is at work and alive, as far as can be told from here.

    Args:
        objects: of the prefix.
        server_time: by the store's clock; None to leave silence out of account.
    """
    held = _read(objects, layout.COORDINATOR)
    alone = [] if held is None or _is_gone(held, server_time) else [Holder.from_bytes(held.data)]
    return [*alone, *parts_at_work(objects, server_time)]


def parts_at_work(objects: Objects, server_time: datetime | None) -> list[Holder]:
    """The parts that are at work and alive."""
    held = [_read(objects, found.key) for found in objects.list(layout.PARTS)]
    return [Holder.from_bytes(each.data) for each in held if each and not _is_gone(each, server_time)]


def _is_gone(held: Held, server_time: datetime | None) -> bool:
    silent = server_time is not None and server_time - held.modified > SILENCE
    return silent or Holder.from_bytes(held.data).gone


def _read(objects: Objects, key: str) -> Held | None:
    return objects.read(key)


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
