"""A proxy between workers and server that loses a COMMIT on purpose: before it, after it, or with its answer late.

It reads the client's side of the protocol message by message (type byte, length, body) and copies the server's side.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from typing import Final, Self

BEFORE, AFTER, LATE = "before", "after", "late"
"""The COMMIT never arrives; it is done and the answer is lost; it is done only after the client has given up."""
_LATE: Final = 1.5  # seconds that a late COMMIT is held back, longer than the first retry's delay
_SETTLE: Final = 0.5  # seconds that the server has for it before its socket closes
_COMMIT: Final = b"COMMIT\0"


class Proxy:
    """Listens on loopback and passes on to ``upstream``; a context manager.

    Args:
        upstream: port of the server on loopback.
        fault: one of BEFORE, AFTER, LATE.
        every: how many COMMITs of workers are let through between two that are hit.
        hits: how many are hit.
        whose: whose COMMITs they are, by the application_name.
    """

    def __init__(self, upstream: int, *, fault: str, every: int, hits: int, whose: bytes = b"shardgen:worker") -> None:
        self._whose = whose
        self._upstream, self._fault, self._every, self._hits = upstream, fault, every, hits
        self._commits = 0
        self.hit = 0
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._upstream))
                threading.Thread(target=self._forward, args=(client, server), daemon=True).start()
                threading.Thread(target=_copy, args=(server, client), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        """The client's messages, until it is gone or a COMMIT is to be lost."""
        with contextlib.suppress(OSError), client, server:
            startup = _exactly(client, struct.unpack("!I", head := _exactly(client, 4))[0] - 4)
            server.sendall(head + startup)
            ours = self._whose in startup
            for message in _messages(client):
                if ours and message[5:] == _COMMIT and self._is_hit():
                    self._lose(message, client, server)
                    return
                server.sendall(message)

    def _is_hit(self) -> bool:
        with self._lock:
            self._commits += 1
            hit = self.hit < self._hits and self._commits % (self._every + 1) == 0
            self.hit += hit
            return hit

    def _lose(self, commit: bytes, client: socket.socket, server: socket.socket) -> None:
        client.shutdown(socket.SHUT_RDWR)  # before anything is answered
        if self._fault == BEFORE:
            server.shutdown(socket.SHUT_RDWR)  # closing alone would wait for the other thread's recv
            return
        if self._fault == LATE:
            time.sleep(_LATE)
        server.sendall(commit)
        time.sleep(_SETTLE)
        server.shutdown(socket.SHUT_RDWR)


def _messages(client: socket.socket) -> Iterator[bytes]:
    while True:
        head = _exactly(client, 5)
        yield head + _exactly(client, struct.unpack("!I", head[1:])[0] - 4)


def _exactly(source: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = source.recv(size - len(parts))
        if not part:
            raise ConnectionResetError
        parts += part
    return bytes(parts)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while part := source.recv(65536):
            sink.sendall(part)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
