"""Object stores on this machine, and folders: places for files that a test has for itself.

Azure's is Azurite, where it is installed; ``SHARDGEN_TEST_AZURITE`` names its program, ``azurite-blob``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pyarrow as pa
import pytest

from shardgen.model.config import PlanConfig
from shardgen.stores.lake.formats import Encoder, Format, open_format, values
from shardgen.stores.lake.formats.schema import fields_of
from shardgen.stores.lake.store import LakeStore
from tests import gcs

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test-key",
    "AWS_SECRET_ACCESS_KEY": "test-secret-key",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True)
class Bucket:
    """A bucket of a test's own."""

    endpoint: str
    name: str

    @property
    def url(self) -> str:
        return f"s3://{self.name}/lake"

    @property
    def client(self) -> Any:
        import boto3

        return boto3.client("s3", endpoint_url=self.endpoint)

    def keys(self) -> list[str]:
        found = self.client.list_objects_v2(Bucket=self.name).get("Contents", [])
        return sorted(each["Key"].removeprefix("lake/") for each in found)

    def uploads(self) -> list[Any]:
        return self.client.list_multipart_uploads(Bucket=self.name).get("Uploads", [])


@contextmanager
def serving() -> Iterator[str]:
    """An S3 API."""
    with _serving(sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p") as endpoint:
        yield endpoint


@contextmanager
def _serving(*command: str) -> Iterator[str]:
    """A server in a process of its own: a client that holds the interpreter while it waits would wait for itself.

    Args:
        command: what starts it, to which a free port is added.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([*command, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not _answers(port):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def bucket(endpoint: str) -> Iterator[Bucket]:
    """A new bucket, with the environment that leads to it."""
    with _environment(ENVIRONMENT, AWS_ENDPOINT_URL=endpoint):
        made = Bucket(endpoint, f"test-{uuid.uuid4().hex[:12]}")
        made.client.create_bucket(Bucket=made.name)
        yield made


@contextmanager
def _environment(values: Mapping[str, str], **more: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values, **more)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def serving_google() -> Iterator[str]:
    """See gcs: what obstore's client of Google Cloud Storage asks for."""
    with _serving(sys.executable, "-m", "tests.gcs") as endpoint:
        yield endpoint


@contextmanager
def google(endpoint: str) -> Iterator[str]:
    """A prefix in a new bucket of Google's, with the environment that leads to it."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    _asked(endpoint, "PUT", f"/{name}", {})
    with _environment({"GOOGLE_SERVICE_ACCOUNT_KEY": gcs.account(endpoint), "GOOGLE_ALLOW_HTTP": "true"}):
        yield f"gs://{name}/lake"


AZURITE = os.environ.get("SHARDGEN_TEST_AZURITE") or shutil.which("azurite-blob")
_ACCOUNT = "devstoreaccount1"
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Those of every Azurite."""


@contextmanager
def serving_azure() -> Iterator[str]:
    """Azure Blob Storage, as Azurite has it."""
    if AZURITE is None:
        pytest.skip("Azurite is not installed: npm install azurite, or name it by SHARDGEN_TEST_AZURITE")
    options = ("--blobHost", "127.0.0.1", "--inMemoryPersistence", "--silent", "--skipApiVersionCheck", "--blobPort")
    with _serving(AZURITE, *options) as endpoint:
        yield f"{endpoint}/{_ACCOUNT}"


@contextmanager
def azure(endpoint: str) -> Iterator[str]:
    """A prefix in a new container of Azure's, with the environment that leads to it."""
    name, date = f"test-{uuid.uuid4().hex[:12]}", datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    headers = {"x-ms-date": date, "x-ms-version": "2021-08-06"}
    signed = "PUT" + 12 * "\n" + "".join(f"{name}:{value}\n" for name, value in headers.items())
    signed += f"/{_ACCOUNT}/{_ACCOUNT}/{name}\nrestype:container"
    headers["Authorization"] = f"SharedKey {_ACCOUNT}:{_seal(signed)}"
    _asked(endpoint, "PUT", f"/{_ACCOUNT}/{name}?restype=container", headers)
    told = {"AZURE_STORAGE_ACCOUNT_NAME": _ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": _KEY}
    with _environment(told, AZURE_ENDPOINT=endpoint, AZURE_ALLOW_HTTP="true"):
        yield f"az://{name}/lake"


def signed_for(url: str, rights: str) -> str:
    """A SAS token for a container of Azurite, for an hour."""
    until = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    version, where = "2020-12-06", f"/blob/{_ACCOUNT}/{urlsplit(url).netloc}"
    signed = "\n".join([rights, "", until, where, "", "", "https,http", version, "c", *[""] * 7])
    told = {"sv": version, "se": until, "sr": "c", "sp": rights, "spr": "https,http", "sig": _seal(signed)}
    return urlencode(told)


def _seal(text: str) -> str:
    seal = hmac.new(base64.b64decode(_KEY), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(seal).decode()


def _asked(endpoint: str, method: str, path: str, headers: Mapping[str, str]) -> None:
    asking = http.client.HTTPConnection(urlsplit(endpoint).netloc)
    try:
        asking.request(method, path, headers={**headers, "Content-Length": "0"})
        assert asking.getresponse().status < 300
    finally:
        asking.close()


class FakeFormat:
    """Files of fake rows, which have no values and are Arrow already."""

    def __init__(self, plan: PlanConfig) -> None:
        self._real = open_format("parquet", raw_data=plan.raw_data, raw_data_as="json")
        self._plan = plan

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FakeFormat) and other._plan == self._plan

    def __hash__(self) -> int:
        return hash(self._plan)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._real, name)

    def writer(self, table: Any, sink: Any, identity: Any) -> Encoder:
        return FakeEncoder(self._real, table, sink, identity)


class FakeEncoder:
    def __init__(self, real: Format, table: Any, sink: Any, identity: Any) -> None:
        self._table = table
        self._real = real.writer(table, sink, identity)

    def write(self, batch: pa.RecordBatch) -> None:
        fields = fields_of(self._table, "full", "json")
        for each in values.batches(self._table, fields, batch.select(list(fields))):
            self._real.write(each)

    def close(self) -> Any:
        return self._real.close()


def store(url: str) -> LakeStore:
    """A lake of fake rows."""
    return LakeStore(url, formats=FakeFormat)


def folder(path: Path) -> str:
    return f"file://{path}/lake"
