"""Lines in one zstd frame, and behind it the file's identity in a frame that every decompressor skips.

The lines are compressed in blocks of one size, so that the bytes follow from them alone. The identity lies at the end:
who reads the first frame only has all rows, and a file that was cut off has no identity.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import BinaryIO, Final

import pyarrow as pa

from shardgen.stores.lake.formats.sinks import FileSummary, Hashed, Sink
from shardgen.stores.lake.formats.sources import DamagedFileError, Footer, tail

BLOCK: Final = 1 << 20
_HEAD: Final = struct.Struct("<II")
"""Magic and length of a skippable frame."""
_MAGIC: Final = 0x184D2A5E
_END: Final = struct.Struct("<I8s")
"""Length of the identity, and the mark that it is ours."""
_MARK: Final = b"shardgen"


class Compressed:
    """Writes one file.

    Args:
        sink: takes the file's bytes.
        name: of the format.
        identity: of the file.
    """

    def __init__(self, sink: Sink, name: str, identity: Mapping[str, str]) -> None:
        self._sink = Hashed(sink)
        self._name, self._identity = name, identity
        self._stream = pa.CompressedOutputStream(pa.PythonFile(self._sink, mode="w"), "zstd")
        self._held = bytearray()

    def write(self, data: bytes | memoryview) -> None:
        """Take some bytes of lines."""
        self._held += data
        while len(self._held) >= BLOCK:
            self._compress(BLOCK)

    def close(self, rows: int) -> FileSummary:
        """Write what is left, and the identity.

        Args:
            rows: of the file.
        """
        self._compress(len(self._held))
        with self._sink.taking():
            self._stream.close()
            self._sink.write(_frame(Footer(format=self._name, rows=rows, identity=self._identity)))
        return self._sink.summary(rows)

    def _compress(self, size: int) -> None:
        with self._sink.taking():
            self._stream.write(bytes(self._held[:size]))
        del self._held[:size]


def _frame(footer: Footer) -> bytes:
    told = json.dumps(asdict(footer), sort_keys=True).encode()
    return _HEAD.pack(_MAGIC, len(told) + _END.size) + told + _END.pack(len(told), _MARK)


def footer(stream: BinaryIO) -> Footer:
    """What a file says of itself."""
    end = tail(stream, _END.size)
    size, mark = _END.unpack(end) if len(end) == _END.size else (0, b"")
    if mark != _MARK:
        raise DamagedFileError("not a whole file of ours: it does not end with its identity")
    told = tail(stream, size + _END.size)[: -_END.size]
    try:
        return Footer(**json.loads(told))
    except (ValueError, TypeError) as error:
        raise DamagedFileError(f"not a whole file of ours: its identity cannot be read: {error}") from error


def decompressed(stream: BinaryIO) -> pa.NativeFile:
    """The lines of a file, as a stream."""
    stream.seek(0)
    return pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "zstd")


def blocks(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, in runs of whole ones."""
    lines, rest = decompressed(stream), b""
    try:
        while block := lines.read(BLOCK):
            whole, found, rest = (rest + block).rpartition(b"\n")
            if found:
                yield whole
    except OSError as error:
        raise DamagedFileError(f"the file is damaged: {error}") from error
    if rest:
        raise DamagedFileError("the file is damaged: its last line has no end")
