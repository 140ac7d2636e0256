"""A transaction pooler in some lines: clients share a few sessions of the server, and each keeps one for a transaction.

It speaks as much of the protocol as it must: it answers the startup itself, passes on what clients send, and takes the
session back when the server is ready and in no transaction. Like PgBouncer, it gives away the session used last.
"""

from __future__ import annotations

import contextlib
import os
import queue
import select
import socket
import struct
import threading
import time
from collections.abc import Iterator

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

_SSL_REQUEST, _GSS_REQUEST, _CANCEL_REQUEST = 80877103, 80877104, 80877102


class Pooler:
    """Listens on loopback until it is closed.

    Args:
        dsn: the server.
        sessions: how many of it are shared.
        late: seconds until a session that a client is through with may be given to another.
    """

    def __init__(self, dsn: str, sessions: int, late: float) -> None:
        self._late = late
        self.servers = [psycopg.connect(dsn, autocommit=True) for _ in range(sessions)]
        self._free: queue.LifoQueue[socket.socket] = queue.LifoQueue()
        for server in self.servers:
            self._free.put(socket.socket(fileno=os.dup(server.pgconn.socket)))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        given = conninfo_to_dict(dsn)
        self.dsn = make_conninfo(
            host="127.0.0.1",
            port=self._listener.getsockname()[1],
            dbname=given["dbname"],
            user="anybody",
            sslmode="disable",
            gssencmode="disable",
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self._listener.close()
        for thread in self._threads:
            thread.join(5)
        while not self._free.empty():
            self._free.get().close()
        for server in self.servers:
            server.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._serve, args=(client,), daemon=True))
                self._threads[-1].start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(ConnectionError, OSError):
            if not _greet(client):
                return
            while select.select([client], [], [])[0]:
                first = client.recv(65536)
                if not first or first[:1] == b"X":
                    return
                server = self._free.get()
                try:
                    _transaction(client, server, first)
                finally:
                    time.sleep(self._late)
                    self._free.put(server)


def _greet(client: socket.socket) -> bool:
    while True:
        (length,) = struct.unpack("!i", _exactly(client, 4))
        body = _exactly(client, length - 4)
        (code,) = struct.unpack_from("!i", body)
        if code == _CANCEL_REQUEST:
            return False
        if code not in (_SSL_REQUEST, _GSS_REQUEST):
            break
        client.sendall(b"N")
    parameters = {"server_version": "18.4", "client_encoding": "UTF8", "standard_conforming_strings": "on"}
    told = [_message(b"S", f"{name}\0{value}\0".encode()) for name, value in parameters.items()]
    keys = _message(b"K", struct.pack("!ii", 4711, 4712))
    client.sendall(b"".join([_message(b"R", struct.pack("!i", 0)), *told, keys, _message(b"Z", b"I")]))
    return True


def _transaction(client: socket.socket, server: socket.socket, first: bytes) -> None:
    """Pass on everything until the server is in no transaction any more; roll back for a client that is gone."""
    server.setblocking(True)
    server.sendall(first)
    unread = b""
    while True:
        for ready in select.select([client, server], [], [])[0]:
            if ready is client:
                data = client.recv(65536)
                if not data:
                    raise SystemExit  # the thread ends; a test that needs the session again would show it
                server.sendall(data)
                continue
            data = server.recv(65536)
            client.sendall(data)
            state, unread = _state(unread + data)
            if state == b"I":
                return


def _state(data: bytes) -> tuple[bytes, bytes]:
    """The transaction state that the last ReadyForQuery tells, if it ends the data, and what is not a whole message."""
    state = b""
    while len(data) >= 5:
        size = 1 + struct.unpack_from("!i", data, 1)[0]
        if len(data) < size:
            break
        state = data[5:6] if data[:1] == b"Z" else b""
        data = data[size:]
    return (state if not data else b""), data


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def _exactly(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = client.recv(size - len(data))
        if not more:
            raise ConnectionError
        data += more
    return data


@contextlib.contextmanager
def pooling(dsn: str, sessions: int = 4, late: float = 0) -> Iterator[Pooler]:
    made = Pooler(dsn, sessions, late)
    try:
        yield made
    finally:
        made.close()
