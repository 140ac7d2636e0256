"""A small Google Cloud Storage: what its XML API says of objects, generations, copies and uploads in parts, in memory.

Emulators that can be installed speak the JSON API, which obstore's client does not use. Run as a program it serves, in
a process of its own, until it is ended.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

_PAGE: Final = 1000
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Stored:
    data: bytes
    generation: int
    time: float

    @property
    def tag(self) -> str:
        return f'"{self.generation:x}"'


class Refusal(Exception):
    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


class Storage:
    """All buckets, and the uploads that have not ended."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.buckets: dict[str, dict[str, Stored]] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}

    def bucket(self, name: str) -> dict[str, Stored]:
        if name not in self.buckets:
            raise Refusal(404, "NoSuchBucket")
        return self.buckets[name]

    def object(self, bucket: str, key: str) -> Stored:
        try:
            return self.bucket(bucket)[key]
        except KeyError:
            raise Refusal(404, "NoSuchKey") from None

    def put(self, bucket: str, key: str, data: bytes, condition: str | None) -> Stored:
        """Put an object, if its generation is the one that is asked for; 0 is that of none."""
        there = self.bucket(bucket).get(key)
        if condition is not None and int(condition) != (there.generation if there else 0):
            raise Refusal(412, "PreconditionFailed")
        self.bucket(bucket)[key] = Stored(data=data, generation=next(_NUMBERS), time=time.time())
        return self.bucket(bucket)[key]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a body waits 40 ms for the client's word that it has the headers
    storage: Storage

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_HEAD(self) -> None:
        self._answer(self._get)

    def do_PUT(self) -> None:
        self._answer(self._put)

    def do_POST(self) -> None:
        self._answer(self._post)

    def do_DELETE(self) -> None:
        self._answer(self._delete)

    def log_message(self, *_: Any) -> None:
        """Nothing is written."""

    def _answer(self, act: Any) -> None:
        parts = urlsplit(self.path)
        self.bucket, _, self.key = unquote(parts.path).strip("/").partition("/")
        self.query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            with self.storage.lock:
                status, headers, data = act()
        except Refusal as refusal:
            status, headers = refusal.status, {}
            data = f"<?xml version='1.0'?><Error><Code>{refusal.code}</Code></Error>".encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _get(self) -> tuple[int, dict[str, str], bytes]:
        if not self.key:
            return 200, {}, self._listing()
        stored = self.storage.object(self.bucket, self.key)
        headers, data = told(stored), stored.data
        if asked := re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range") or ""):
            start = int(asked[1]) if asked[1] else max(0, len(data) - int(asked[2]))
            stop = min(int(asked[2]) + 1, len(data)) if asked[1] and asked[2] else len(data)
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
            return 206, headers, data[start:stop]
        return 200, headers | {"Content-Length": str(len(data))}, data

    def _listing(self) -> bytes:
        prefix, after = self.query.get("prefix", ""), self.query.get("continuation-token", "")
        found = [
            (key, stored)
            for key, stored in sorted(self.storage.bucket(self.bucket).items())
            if key.startswith(prefix) and key > after
        ]
        page, more = found[:_PAGE], len(found) > _PAGE
        listed = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>{iso(stored.time)}</LastModified>"
            f"<ETag>{escape(stored.tag)}</ETag><Size>{len(stored.data)}</Size></Contents>"
            for key, stored in page
        )
        token = f"<NextContinuationToken>{escape(page[-1][0])}</NextContinuationToken>" if more else ""
        return f"<?xml version='1.0'?><ListBucketResult>{listed}{token}</ListBucketResult>".encode()

    def _put(self) -> tuple[int, dict[str, str], bytes]:
        if not self.key:
            self.storage.buckets.setdefault(self.bucket, {})
            return 200, {}, b""
        if "uploadId" in self.query:
            self._upload()[int(self.query["partNumber"])] = self.body
            return 200, {"ETag": f'"{self.query["partNumber"]}"'}, b""
        data = self.body
        if source := self.headers.get("x-goog-copy-source"):
            bucket, _, key = unquote(source).partition("/")
            data = self.storage.object(bucket, key).data
        condition = self.headers.get("x-goog-if-generation-match")
        stored = self.storage.put(self.bucket, self.key, data, condition)
        return 200, told(stored), b"<CopyObjectResult></CopyObjectResult>" if source else b""

    def _post(self) -> tuple[int, dict[str, str], bytes]:
        if "uploads" in self.query:
            name = str(next(_NUMBERS))
            self.storage.uploads[name] = {}
            text = f"<InitiateMultipartUploadResult><UploadId>{name}</UploadId></InitiateMultipartUploadResult>"
            return 200, {}, text.encode()
        parts = self._upload()
        del self.storage.uploads[self.query["uploadId"]]
        data = b"".join(parts[number] for number in sorted(parts))
        stored = self.storage.put(self.bucket, self.key, data, None)
        text = f"<CompleteMultipartUploadResult><ETag>{escape(stored.tag)}</ETag></CompleteMultipartUploadResult>"
        return 200, told(stored), text.encode()

    def _delete(self) -> tuple[int, dict[str, str], bytes]:
        if "uploadId" in self.query:
            self._upload()
            del self.storage.uploads[self.query["uploadId"]]
        else:
            self.storage.object(self.bucket, self.key)
            del self.storage.buckets[self.bucket][self.key]
        return 204, {}, b""

    def _upload(self) -> dict[int, bytes]:
        if self.query["uploadId"] not in self.storage.uploads:
            raise Refusal(404, "NoSuchUpload")
        return self.storage.uploads[self.query["uploadId"]]


def told(stored: Stored) -> dict[str, str]:
    return {
        "ETag": stored.tag,
        "Last-Modified": formatdate(stored.time, usegmt=True),
        "x-goog-generation": str(stored.generation),
        "Content-Type": "application/octet-stream",
    }


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def account(endpoint: str) -> str:
    """A service account's key, which leads to the server and asks for no token."""
    told = {
        "gcs_base_url": endpoint,
        "disable_oauth": True,
        "client_email": "",
        "private_key": "",
        "private_key_id": "",
    }
    return json.dumps(told)


if __name__ == "__main__":
    Handler.storage = Storage()
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
