"""Packages that bring tables, installed as pip would: the examples, and such as are made up for a test."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

from shardgen.tables import names, plugins

EXAMPLES = Path(__file__).parents[1] / "scripts" / "examples"
EVERY = (*names(), "parcels")
"""The tables that come with shardgen, and the one of the example."""


def install(name: str, folder: Path) -> Path:
    """Build the wheel of an example and unpack it into a folder of modules."""
    [wheel] = WheelBuilder(str(EXAMPLES / name)).build(directory=str(folder.parent / "wheels"), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def make(
    folder: Path,
    package: str,
    brings: Mapping[str, str],
    *,
    group: str = "shardgen.tables",
    version: str = "1.0",
    **modules: str,
) -> Path:
    """A package that brings tables or datasets, by its metadata and the source of its modules."""
    metadata = folder / f"{package.replace('-', '_')}-{version}.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    lines = [f"{name} = {value}" for name, value in brings.items()]
    (metadata / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines]))
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source)
    return folder


@contextmanager
def importable(*folders: Path) -> Iterator[None]:
    """What is installed in the folders is there, and gone again."""
    before, loaded = list(sys.path), set(sys.modules)
    sys.path[:0] = map(str, folders)
    _forget()
    try:
        yield
    finally:
        sys.path[:] = before
        for name in set(sys.modules) - loaded:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(tuple(map(str, folders))):
                del sys.modules[name]
        _forget()


def _forget() -> None:
    plugins.offers.cache_clear()
    plugins.table.cache_clear()
    plugins.dataset.cache_clear()
