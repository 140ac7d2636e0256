"""An S3 API on this machine, and folders: places for files that a test has for itself."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from shardgen.model.config import PlanConfig
from shardgen.stores.lake.formats import Encoder, Format, open_format, values
from shardgen.stores.lake.formats.schema import fields_of
from shardgen.stores.lake.store import LakeStore

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
    """An S3 API, in a process of its own: a client that holds the interpreter while it waits would wait for itself."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
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
    before = dict(os.environ)
    os.environ.update(ENVIRONMENT, AWS_ENDPOINT_URL=endpoint)
    try:
        made = Bucket(endpoint, f"test-{uuid.uuid4().hex[:12]}")
        made.client.create_bucket(Bucket=made.name)
        yield made
    finally:
        os.environ.clear()
        os.environ.update(before)


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
