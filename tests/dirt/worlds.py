"""Small worlds with dirt."""

from __future__ import annotations

from typing import Any

from shardgen.model.config import PlanConfig
from shardgen.options.secrets import Secret
from tests.worlds import small

KEY = "a secret of the tests"
FEW: dict[str, Any] = {
    "customers": 60,
    "products": 20,
    "orders_per_day": 6,
    "sessions_per_day": 6,
    "events_per_session": 3,
    "review_rate": 1,
    "horizon": 9,
}
"""A world whose horizon may end within a month, so that movements are numbered anew after it."""


def dirty(dirt: str, *, key: str = KEY, **changes: Any) -> PlanConfig:
    """A plan of ten days whose rows are spoilt."""
    return Secret(key).given_to(small(dirt=dirt, **changes))
