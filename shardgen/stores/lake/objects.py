"""The objects of one prefix: made if absent, swapped if unchanged, listed, read, deleted. Nobody else knows obstore.

What decides anything is one of two acts: an object is created where none was, or swapped for the one that was read.
A folder of this machine knows no swap: there a lock takes its place.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from shardgen.stores.lake import folder, opening
from shardgen.stores.lake.address import Address
from shardgen.stores.lake.failures import of_no_bucket, told

if TYPE_CHECKING:
    from obstore.store import ObjectStore

PART: Final = 8 << 20
"""Bytes of a part of an upload: of S3's 10,000 parts that makes 80 GB."""
AT_ONCE: Final = 4
"""Parts on their way at the same time, so that a worker holds 32 MB of a file of any size."""
_BATCH: Final = 1000
"""Objects that one request removes at most."""
_DELETERS: Final = 16
"""Requests at the same time where each removes one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An object, as a listing tells it."""

    key: str
    size: int
    modified: datetime
    """By the store's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What was read of an object, and what its store calls this state of it."""

    data: bytes
    tag: Any
    modified: datetime


class Objects:
    """The objects below an address; picklable, and opened where it is first used.

    Args:
        address: of the prefix.
        patient: whether a store that is away is waited for, as a load does, and a question does not.
    """

    def __init__(self, address: Address, *, patient: bool = True) -> None:
        self.address = address
        self._patient = patient
        self._opened: tuple[int, ObjectStore] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.address, self._patient)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Objects) and other.address == self.address

    def __hash__(self) -> int:
        return hash(self.address)

    def put_new(self, key: str, data: bytes) -> bool:
        """Create an object; False where one was there, which stays as it is."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        with told(self.address, "create objects"):
            try:
                obstore.put(self._store(), key, data, mode="create", use_multipart=False)
            except AlreadyExistsError:
                return False
        return True

    def put(self, key: str, data: bytes) -> None:
        """Write an object, whatever was there."""
        import obstore

        with told(self.address, "write"):
            obstore.put(self._store(), key, data, use_multipart=False)

    def read(self, key: str) -> Held | None:
        """What an object holds; None where there is none."""
        if self._nowhere():
            return None
        import obstore

        with told(self.address, "read"):
            try:
                got = obstore.get(self._store(), key)
                data = bytes(got.bytes())
            except FileNotFoundError as error:
                if of_no_bucket(error):
                    raise
                return None
        meta = got.meta
        return Held(data=data, tag=(meta["e_tag"], meta.get("version")), modified=meta["last_modified"])

    def swap(self, key: str, data: bytes, held: Held | None) -> bool:
        """Put an object in the place of what was read, or of nothing; False where that is there no more."""
        if held is None:
            return self.put_new(key, data)
        if self.address.local:
            return self._swap_locked(key, data, held)
        import obstore
        from obstore.exceptions import PreconditionError

        mode: Any = {what: value for what, value in zip(("e_tag", "version"), held.tag, strict=True) if value}
        with told(self.address, "swap objects"):
            try:
                obstore.put(self._store(), key, data, mode=mode, use_multipart=False)
            except (PreconditionError, FileNotFoundError):
                return False
        return True

    def upload_new(self, key: str, chunks: Iterable[bytes], *, apart: str) -> bool:
        """Create a large object out of its bytes, a part at a time; False where one was there.

        No store creates an object of parts only if there is none. So it is put together apart, and copied within the
        store, which does know that condition.

        Args:
            key: of the object.
            chunks: its bytes; what is raised on the way leaves nothing.
            apart: a key of ours alone, for the meantime.
        """
        import obstore

        begun, rest = _first(chunks)
        if rest is None:
            return self.put_new(key, begun)
        with told(self.address, "upload"):
            obstore.put(
                self._store(),
                apart,
                chain([begun], rest),
                use_multipart=True,
                chunk_size=PART,
                max_concurrency=AT_ONCE,
            )
        try:
            return self.copy_new(apart, key)
        finally:
            self.delete([apart])

    def head(self, key: str) -> Found | None:
        """What a listing would tell of an object; None where there is none."""
        if self._nowhere():
            return None
        import obstore

        with told(self.address, "read"):
            try:
                return _found(obstore.head(self._store(), key))
            except FileNotFoundError:
                return None

    def list(self, prefix: str = "") -> Iterator[Found]:
        """The objects below a prefix, which ends where a step of a key does."""
        if self._nowhere():
            return
        import obstore

        with told(self.address, "list"):
            for page in obstore.list(self._store(), prefix or None, chunk_size=1000):
                yield from map(_found, page)

    def delete(self, keys: Sequence[str]) -> None:
        """Remove objects; one that is gone is no failure."""
        if self._nowhere():
            return
        with told(self.address, "delete"):
            if self.address.local:
                folder.unlinked(Path(self.address.prefix), keys)
                return
            for start in range(0, len(keys), _BATCH):
                self._delete(keys[start : start + _BATCH])

    def open(self, key: str) -> BinaryIO:
        """An object as a file that can be read and sought in; only what is read is sent.

        Raises:
            LakeError: it cannot be read.
        """
        import obstore

        with told(self.address, "read"):
            reader = obstore.open_reader(self._store(), key, buffer_size=1 << 20)
        return cast("BinaryIO", io.BufferedReader(_Stream(reader, self.address), buffer_size=1 << 16))

    def copy_new(self, source: str, key: str) -> bool:
        """Copy an object within the store; False where one was there, which stays as it is."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        with told(self.address, "create objects"):
            try:
                obstore.copy(self._store(), source, key, overwrite=False)
            except AlreadyExistsError:
                return False
        return True

    def _nowhere(self) -> bool:
        """Whether the folder is not there yet; only what writes makes it."""
        return self.address.local and not Path(self.address.prefix).is_dir()

    def _swap_locked(self, key: str, data: bytes, held: Held) -> bool:
        with told(self.address, "swap objects"), folder.locked(Path(self.address.prefix)):
            now = self.read(key)
            if now is None or now.tag != held.tag:
                return False
            self.put(key, data)
        return True

    def _delete(self, keys: Sequence[str]) -> None:
        """Remove objects of a bucket: all in one request, or one by one where that stopped at one that was gone.

        S3 passes over what is gone; Azure and Google name it, and may leave the others.
        """
        import obstore

        def one(key: str) -> None:
            with contextlib.suppress(FileNotFoundError):
                obstore.delete(store, key)

        store = self._store()
        try:
            obstore.delete(store, list(keys))
        except FileNotFoundError:
            with ThreadPoolExecutor(_DELETERS) as pool:
                list(pool.map(one, keys))

    def _store(self) -> ObjectStore:
        if self._opened is None or self._opened[0] != os.getpid():
            with told(self.address, "open"):
                self._opened = os.getpid(), opening.opened(self.address, patient=self._patient)
        return self._opened[1]


def _again(address: Address, patient: bool) -> Objects:  # noqa: FBT001  # pickle calls it so
    return Objects(address, patient=patient)


def _first(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes] | None]:
    """What fits into one part, and what comes behind it; None where nothing does."""
    held, rest = bytearray(), iter(chunks)
    for chunk in rest:
        held += chunk
        if len(held) > PART:
            return bytes(held), rest
    return bytes(held), None


def _found(meta: Any) -> Found:
    return Found(key=meta["path"], size=meta["size"], modified=meta["last_modified"])


class _Stream(io.RawIOBase):
    """An obstore reader as Python and pyarrow want a file."""

    def __init__(self, reader: Any, address: Address) -> None:
        self._reader = reader
        self._address = address

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with told(self._address, "read"):
            data = self._reader.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return int(self._reader.seek(offset, whence))

    def tell(self) -> int:
        return int(self._reader.tell())
