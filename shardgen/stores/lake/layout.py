"""The names of a lake's objects; they follow from run and shard alone, so that whoever comes later finds them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from shardgen.model.plan import Shard

ROOT: Final = "_shardgen"
CURRENT: Final = f"{ROOT}/current"
COORDINATOR: Final = f"{ROOT}/coordinator"
PARTS: Final = f"{ROOT}/parts"
"""Where parts of a load that are at work say so."""
SUCCESS: Final = "_SUCCESS"
_ENTRY: Final = re.compile(rf"{ROOT}/g\d+/[^/]+\.json")
_FILE: Final = re.compile(r"([^/]+)/(?:month=\d+-\d\d/)?\1-[^/]+\.g(\d+)\.[a-z.]+")
_RUN: Final = "run.json"


@dataclass(frozen=True, slots=True)
class Generation:
    """The names of one run's objects."""

    run: int

    @property
    def folder(self) -> str:
        """Of all that is recorded of the run."""
        return f"{ROOT}/g{self.run}"

    @property
    def record(self) -> str:
        """The object that says what the run is."""
        return f"{self.folder}/{_RUN}"

    @property
    def manifest(self) -> str:
        """The object that names all files."""
        return f"{ROOT}/manifest.g{self.run}.json"

    @property
    def incoming(self) -> str:
        """Where large files are put together."""
        return f"{self.folder}/incoming"

    @property
    def at_work(self) -> str:
        """Where workers tell how far they are."""
        return f"{self.folder}/at-work"

    @property
    def failed(self) -> str:
        """Where failed attempts are noted."""
        return f"{self.folder}/failed"

    def entry(self, shard: str) -> str:
        """The object that says that a shard is done."""
        return f"{self.folder}/{name(shard)}.json"

    def file(self, shard: Shard, suffix: str) -> str:
        """The file of a shard's rows."""
        month = f"month={shard.leaf.lower:%Y-%m}/" if shard.leaf else ""
        return f"{shard.table}/{month}{name(shard.id)}.g{self.run}{suffix}"


def name(shard: str) -> str:
    """A shard's id as a part of a name."""
    return shard.replace("/", "-")


def is_entry(key: str) -> bool:
    """Whether an object below a run's folder says that a shard is done."""
    return _ENTRY.fullmatch(key) is not None and not key.endswith(f"/{_RUN}")


def generation(key: str) -> int | None:
    """The run that wrote a file of rows, by its name; None where no run did."""
    found = _FILE.fullmatch(key)
    return int(found[2]) if found else None


def hidden(key: str) -> bool:
    """Whether readers pass an object over: a step of its name begins with an underscore or a point."""
    return any(step.startswith(("_", ".")) for step in key.split("/"))
