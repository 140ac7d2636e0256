"""See publishing: a Delta table lies in the folder of its files, and its log names those of the last run."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from deltalake import DeltaTable, Schema
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, CommitProperties, Transaction, create_table_with_add_actions

from shardgen.stores.failures import StoreError, said
from shardgen.stores.lake.failures import masked
from shardgen.stores.lake.objects import Objects
from shardgen.stores.lake.publishing import RUN, File, Publication

LOG = "_delta_log"


class Delta:
    """See publishing.Publisher.

    Args:
        objects: of the lake.
    """

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._storage = _storage(objects)

    def publish(self, table: Publication) -> None:
        """See publishing.Publisher.publish."""
        with _told(table.folder):
            there = self._table(table.table.name)
            if there is None:
                self._create(table)
            elif not _published(there, table.run):
                _check_ours(there, table.folder)
                self._replace(there, table)

    def withdraw(self, table: str) -> None:
        """See publishing.Publisher.withdraw: the log goes, and with it the table."""
        keys = [found.key for found in self._objects.list(f"{table}/{LOG}")]
        if keys:
            self.check_ours(table)
            self._objects.delete(keys)

    def check_ours(self, table: str) -> None:
        """See publishing.Publisher.check_ours."""
        folder = self._folder(table)
        with _told(folder):
            there = self._table(table)
            if there is not None:
                _check_ours(there, folder)

    def _folder(self, table: str) -> str:
        return f"{self._objects.address.url}/{table}"

    def _table(self, table: str) -> DeltaTable | None:
        if not any(self._objects.list(f"{table}/{LOG}")):
            return None
        return DeltaTable(self._folder(table), storage_options=self._storage)

    def _create(self, table: Publication) -> None:
        create_table_with_add_actions(
            table.folder,
            Schema.from_arrow(table.columns),
            [_added(file, table) for file in table.files],
            mode="error",
            partition_by=[],
            name=table.table.relation,
            description=table.table.description,
            storage_options=self._storage,
            commit_properties=_properties(table.run),
        )

    def _replace(self, there: DeltaTable, table: Publication) -> None:
        there.create_write_transaction(
            [_added(file, table) for file in table.files],
            mode="overwrite",
            schema=Schema.from_arrow(table.columns),
            partition_by=[],
            commit_properties=_properties(table.run),
        )


def _published(there: DeltaTable, run: str) -> bool:
    return there.transaction_version(_application(run)) is not None


def _check_ours(there: DeltaTable, folder: str) -> None:
    """Raise StoreError unless a run of shardgen made the table."""
    if not any(RUN in commit for commit in there.history()):
        raise StoreError(f"{folder} is a Delta table that shardgen did not make: move it, or load into another prefix")


def _properties(run: str) -> CommitProperties:
    return CommitProperties(custom_metadata={RUN: run}, app_transactions=[Transaction(_application(run), 1)])


def _application(run: str) -> str:
    return f"shardgen-{run}"


def _added(file: File, table: Publication) -> AddAction:
    return AddAction(
        path=file.entry.key.removeprefix(f"{table.table.name}/"),
        size=file.entry.size,
        partition_values={},
        modification_time=0,  # it decides nothing, and so the log says the same of the same run
        data_change=True,
        stats=json.dumps(_stats(file, table.table.partition_by)),
    )


def _stats(file: File, column: str) -> dict[str, Any]:
    """How many rows, and of which time, so that a reader passes over files."""
    leaf = file.shard.leaf
    if leaf is None:
        return {"numRecords": file.entry.rows}
    return {
        "numRecords": file.entry.rows,
        "minValues": {column: f"{leaf.lower}T00:00:00.000"},
        "maxValues": {column: f"{leaf.upper}T00:00:00.000"},
        "nullCount": {column: 0},
        "tightBounds": False,
    }


def rows(objects: Objects, table: str) -> tuple[list[str], Callable[[], Any]]:
    """The files of a table of anybody's in a folder, and what makes a reader of its rows.

    Args:
        objects: of the folder.
        table: its name there.
    """
    place = objects.address.prefix if objects.address.local else objects.address.url
    found = DeltaTable(f"{place}/{table}", storage_options=_storage(objects))
    return found.file_uris(), lambda: found.to_pyarrow_dataset().scanner().to_reader()


def _storage(objects: Objects) -> dict[str, str]:
    """What deltalake does not read in the environment by itself: an address without TLS, and credentials in files."""
    if objects.address.scheme != "s3":
        return {}
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    told = {"AWS_ENDPOINT_URL": endpoint} if endpoint else {}
    told |= {"AWS_ALLOW_HTTP": "true"} if endpoint.startswith("http://") else {}
    return told if os.environ.get("AWS_ACCESS_KEY_ID") else told | _credentials()


def _credentials() -> dict[str, str]:
    import boto3

    found = boto3.Session().get_credentials()
    if found is None:
        return {}
    keys = found.get_frozen_credentials()
    told = {"AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key}
    return told | ({"AWS_SESSION_TOKEN": keys.token} if keys.token else {})


@contextmanager
def _told(folder: str) -> Iterator[None]:
    try:
        yield
    except (DeltaError, OSError) as error:
        raise StoreError(f"{folder} cannot be committed to as a Delta table: {masked(said(error))[:300]}") from None
