"""The kinds of defects: one file for each, and in capitals its kind there; which tables it strikes, it says itself."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Final

from shardgen.dirt.kind import AnyKind

NAMES: Final = (
    # delivery
    "exact_duplicate",
    "redelivered",
    "near_duplicate",
    "late",
    "out_of_order",
    "batch_twice",
    "truncated_batch",
    "missing_day",
    "lost_row",
    # values
    "null",
    "empty_string",
    "blanks",
    "other_case",
    "date_format",
    "local_time",
    "number_as_text",
    "decimal_comma",
    "currency",
    "magnitude",
    "other_unit",
    "negative_amount",
    "out_of_range",
    "mojibake",
    "replacement",
    "control_characters",
    "truncated_text",
    "html_remains",
    # keys
    "orphan",
    "reused_id",
    "id_format",
    "dangling_session",
    # people
    "same_person",
    "test_account",
    "placeholder_birth_date",
    "swapped_names",
    "household",
    # events
    "clock_wrong",
    "double_click",
    "sequence_wrong",
    "session_not_closed",
    "visit_start_lost",
    "visit_end_lost",
    "bot_traffic",
    # schema
    "key_added",
    "key_renamed",
    "key_retyped",
    "key_dropped",
    "nested_as_text",
    "list_for_object",
)
"""By family, in the order in which the manual tells them."""


@cache
def kinds() -> dict[str, AnyKind]:
    """All that come with shardgen, by name."""
    return {name: kind(name) for name in NAMES}


def kind(name: str) -> AnyKind:
    """One of them."""
    found: AnyKind = getattr(import_module(f"{__name__}.{name}"), name.upper())
    return found
