"""Files as they are read: by path, as bytes or open."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

from shardgen.stores.failures import StoreError

Source: TypeAlias = str | Path | bytes | BinaryIO
"""A file by its path, as bytes, or open: what can be read and sought in."""


class DamagedFileError(StoreError):
    """A file is not what it should be: cut off, overwritten, or of other columns."""


@contextmanager
def opened(file: Source) -> Iterator[BinaryIO]:
    """The file, open for reading; one that was open stays so."""
    if isinstance(file, str | Path):
        with Path(file).open("rb") as stream:
            yield stream
    else:
        yield cast("BinaryIO", io.BytesIO(file)) if isinstance(file, bytes) else file
