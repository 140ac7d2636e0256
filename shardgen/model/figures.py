"""Counts and sizes as every message says them: one family of units, and no ``1 shards``."""

from __future__ import annotations


def count(number: float) -> str:
    """``1234567`` as ``"1,234,567"``."""
    return f"{number:,.0f}"


def plural(number: float, noun: str, nouns: str = "") -> str:
    """``"1 shard"``, ``"2 shards"``, ``"3 retries"``."""
    told = count(number)
    return f"{told} {noun if told == '1' else nouns or noun + 's'}"


def size(number: float) -> str:
    """Bytes with a binary unit: ``"1.5 MiB"``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:,.1f} TiB"
