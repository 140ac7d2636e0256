"""A schema registry: what its documentation says of subjects, versions and numbers, on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Registry(ThreadingHTTPServer):
    """Keeps schemas; a subject in ``closed`` takes no other."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.schemas: list[str] = []
        self.subjects: dict[str, list[int]] = {}
        self.closed: set[str] = set()
        self.passwords: set[str | None] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def register(self, subject: str, schema: str) -> int:
        if schema not in self.schemas:
            self.schemas.append(schema)
        number = self.schemas.index(schema) + 1
        if number not in (versions := self.subjects.setdefault(subject, [])):
            versions.append(number)
        return number


class _Handler(BaseHTTPRequestHandler):
    server: Registry

    def do_GET(self) -> None:  # its name
        self.server.passwords.add(self.headers.get("Authorization"))
        path = self.path.split("?")[0]
        if path == "/subjects":
            self._answer(200, list(self.server.subjects))
        elif path.startswith("/schemas/ids/"):
            self._answer(200, {"schema": self.server.schemas[int(path.rpartition("/")[2]) - 1]})
        else:
            self._answer(404, {"error_code": 40401, "message": "Subject not found"})

    def do_POST(self) -> None:  # its name
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        subject = self.path.split("?")[0].split("/")[2]
        if subject in self.server.closed:
            self._answer(409, {"error_code": 409, "message": f"Schema being registered is incompatible: {subject}"})
            return
        number = self.server.register(subject, asked["schema"])
        version = self.server.subjects[subject].index(number) + 1
        self._answer(200, {"id": number, "subject": subject, "version": version, "schema": asked["schema"]})

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # its name
        """Say nothing."""

    def _answer(self, code: int, body: Any) -> None:
        text = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


@contextmanager
def running() -> Iterator[Registry]:
    with Registry() as registry:
        threading.Thread(target=registry.serve_forever, daemon=True).start()
        yield registry
        registry.shutdown()
