"""See publishing: Iceberg tables in a catalog, which name the files of a run where they lie.

Their own metadata lie in the lake too, below ``_iceberg``. Addresses and credentials of a catalog are in pyiceberg's
configuration, so that none of them passes through here.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError
from pyiceberg.io.pyarrow import parquet_file_to_data_file
from pyiceberg.table import StaticTable, Table, Transaction
from pyiceberg.transforms import MonthTransform
from pyiceberg.utils.config import Config

from shardgen.errors import Given
from shardgen.model.choices import CATALOG
from shardgen.model.table import relation_of
from shardgen.stores.failures import StoreError, described
from shardgen.stores.lake.failures import masked
from shardgen.stores.lake.objects import Objects
from shardgen.stores.lake.publishing import RUN, Publication

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER: Final = "_iceberg"
LAKE: Final = "shardgen.lake"
"""The property of a table that names the lake whose files it is of."""

logging.getLogger("pyiceberg").setLevel(logging.ERROR)  # it warns of each column without statistics, which is meant


class Iceberg:
    """See publishing.Publisher.

    Args:
        objects: of the lake.
        catalog: a name or an address.
        namespace: in it.
    """

    def __init__(self, objects: Objects, *, catalog: str, namespace: str) -> None:
        self._objects = objects
        self._name = catalog
        self._namespace = namespace

    def publish(self, table: Publication) -> None:
        """See publishing.Publisher.publish."""
        with self._told():
            self._catalog.create_namespace_if_not_exists(self._namespace)
            there = self._found(table.table.name)
            if there is None:
                self._create(table)
            elif not any(_run_of(snapshot) == table.run for snapshot in there.snapshots()):
                self._check_ours(there)
                self._replace(there, table)

    def withdraw(self, table: str) -> None:
        """See publishing.Publisher.withdraw: the catalog forgets the table, whose metadata go as well."""
        with self._told():
            there = self._found(table)
            if there is not None:
                self._check_ours(there)
                self._catalog.drop_table(self._identifier(table))
        self._objects.delete([found.key for found in self._objects.list(f"{FOLDER}/{table}")])

    def check_ours(self, table: str) -> None:
        """See publishing.Publisher.check_ours."""
        with self._told():
            there = self._found(table)
            if there is not None:
                self._check_ours(there)

    @cached_property
    def _catalog(self) -> Catalog:
        given = _storage(self._objects)
        if "://" not in self._name:
            self._check_known()
            return load_catalog(self._name, **given)
        kind = "rest" if self._name.startswith(("http://", "https://")) else "sql"
        warehouse = f"{self._objects.address.url}/{FOLDER}"
        return load_catalog(CATALOG, **{"type": kind, "uri": self._name, "warehouse": warehouse, **given})

    def _check_known(self) -> None:
        if Config().get_catalog_config(self._name) is None:
            variable = f"PYICEBERG_CATALOG__{self._name.upper()}__URI"
            remedy = f"describe it in ~/.pyiceberg.yaml, or set {variable}"
            raise StoreError(f"{Given('catalog', self._name)} is none that pyiceberg is told of: {remedy}")

    def _identifier(self, table: str) -> str:
        return f"{self._namespace}.{relation_of(table)}"

    def _found(self, table: str) -> Table | None:
        try:
            return self._catalog.load_table(self._identifier(table))
        except (NoSuchTableError, NoSuchNamespaceError):
            return None

    def _check_ours(self, there: Table) -> None:
        lake = there.properties.get(LAKE)
        if lake != self._objects.address.url:
            made = f"is of the lake {lake}" if lake else "was not made by shardgen"
            raise StoreError(f"table={'.'.join(there.name())} of {Given('catalog', self._name)} {made}")

    def _create(self, table: Publication) -> None:
        """The table and its only snapshot, in one commit."""
        with self._catalog.create_table_transaction(
            self._identifier(table.table.name),
            schema=table.columns,
            location=f"{self._objects.address.url}/{FOLDER}/{table.table.name}",
            properties={LAKE: self._objects.address.url},
        ) as transaction:
            if table.table.partition_by:
                with transaction.update_spec() as spec:
                    spec.add_field(table.table.partition_by, MonthTransform(), "month")
            transaction.add_files(_paths(table), snapshot_properties={RUN: table.run})

    def _replace(self, there: Table, table: Publication) -> None:
        """One snapshot that has the files of the run, and none of those before."""
        with there.transaction() as transaction:
            with transaction.update_schema() as schema:
                schema.union_by_name(table.columns)
            _check_new(there, _paths(table))
            _overwrite(there, transaction, table)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Failures of a catalog as those of a store: those of pyiceberg have no common base."""
        try:
            yield
        except StoreError:
            raise
        except Exception as error:
            text = masked(described(error))[:300]
            raise StoreError(f"{Given('catalog', self._name)} of Iceberg tables failed: {text}") from error


def _overwrite(there: Table, transaction: Transaction, table: Publication) -> None:
    with transaction.update_snapshot(snapshot_properties={RUN: table.run}).overwrite() as snapshot:
        for task in there.scan().plan_files():
            snapshot.delete_data_file(task.file)
        for path in _paths(table):
            snapshot.append_data_file(parquet_file_to_data_file(there.io, transaction.table_metadata, path))


def _check_new(there: Table, paths: Sequence[str]) -> None:
    """See that no file is in the table already, as pyiceberg does where files are added to others."""
    known = {task.file.file_path for task in there.scan().plan_files()}
    if twice := known & set(paths):
        raise StoreError(f"{min(twice)} is in the table already, and no snapshot tells the run that added it")


def _paths(table: Publication) -> list[str]:
    return [f"{table.objects.address.url}/{file.entry.key}" for file in table.files]


def _run_of(snapshot: Any) -> str | None:
    return None if snapshot.summary is None else snapshot.summary.additional_properties.get(RUN)


def rows(objects: Objects, metadata: str) -> tuple[list[str], Callable[[], Any]]:
    """The files of a table of anybody's in a folder, and what makes a reader of its rows; no catalog is asked.

    Args:
        objects: of the folder.
        metadata: key of the state of the table that is meant.
    """
    scan = StaticTable.from_metadata(f"{objects.address.url}/{metadata}", _storage(objects)).scan()
    files = [each.file_path for task in scan.plan_files() for each in (task.file, *task.delete_files)]
    return files, scan.to_arrow_batch_reader


def _storage(objects: Objects) -> dict[str, str]:
    """What pyiceberg does not read in the environment by itself."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return {"s3.endpoint": endpoint} if endpoint and objects.address.scheme == "s3" else {}
