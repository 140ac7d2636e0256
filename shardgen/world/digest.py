"""What tells one vocabulary from another: a digest over every word that a row can hold."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

from shardgen.world import vocabulary
from shardgen.world.lexicon import SUBCATEGORIES, clocks, devices, opinions, places, traffic


@lru_cache(maxsize=4)
def words_digest(seed: int) -> str:
    """Hex digest of the Faker pools of a seed and of the lexicon; another Faker or lexicon gives another one."""
    lexicon = (
        SUBCATEGORIES,
        devices.DEVICES,
        (opinions.NEGATIVE, opinions.NEUTRAL, opinions.POSITIVE),
        (opinions.OCCASIONS, opinions.DURATIONS, opinions.LATE),
        clocks.CLOCKS,
        (places.COUNTRIES, places.PLACES),
        traffic.TRAFFIC_SOURCES,
    )
    digest = blake2b(vocabulary.digest(seed).encode(), digest_size=16)
    digest.update(repr(lexicon).encode())
    return digest.hexdigest()
