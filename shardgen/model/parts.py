"""A load in parts: which shards of a plan one of n programs does that know nothing of each other.

Shard k of the plan belongs to part k mod n. So parts agree where they have the same plan and the same n, and every
shard belongs to one part.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Self

from shardgen.errors import ConfigError, Given
from shardgen.model.figures import plural
from shardgen.model.plan import Plan

MAX_PARTS: Final = 100_000
_FORM: Final = re.compile(r"(\d{1,7})/(\d{1,7})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Part:
    """Part ``number`` of ``of``, counted from 0."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """The part that a text like ``0/3`` names.

        Raises:
            ConfigError: it names none.
        """
        found = _FORM.fullmatch(str(text))
        if not found:
            raise ConfigError(Given("part", text), " is no part", remedy="use i/n with i from 0 to n - 1, as 0/3")
        part = cls(int(found[1]), int(found[2]))
        if not 1 <= part.of <= MAX_PARTS:
            raise ConfigError(Given("part", text), f" is of {part.of} parts", remedy=f"use 1 to {MAX_PARTS}")
        if part.number >= part.of:
            raise ConfigError(Given("part", text), " is out of range", remedy=f"use 0/{part.of} to {part.last}")
        return part

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def last(self) -> Part:
        """The last part of as many."""
        return Part(self.of - 1, self.of)

    def shards(self, plan: Plan) -> frozenset[str]:
        """Ids of the shards that are this part's."""
        return frozenset(shard.id for shard in plan.shards[self.number :: self.of])


def lacking(plan: Plan, done: Collection[str], of: int) -> Mapping[Part, int]:
    """The parts that lack shards, and how many each; ``done`` are the ids of those that are there."""
    found = Counter(number % of for number, shard in enumerate(plan.shards) if shard.id not in done)
    return {Part(number, of): count for number, count in sorted(found.items())}


def told(parts: Mapping[Part, int], most: int = 5) -> str:
    """The parts that lack shards in words: ``"part=1/3 lacks 12 shards, part=2/3 lacks 11 shards"``."""
    named = [f"part={part} lacks {plural(count, 'shard')}" for part, count in list(parts.items())[:most]]
    more = [f"and {len(parts) - most} more parts lack some"] if len(parts) > most else []
    return ", ".join(named + more)
