"""Small worlds with dirt."""

from __future__ import annotations

from typing import Any

from shardgen.model.config import PlanConfig
from shardgen.options.secrets import Secret
from tests.worlds import small

KEY = "a secret of the tests"


def dirty(dirt: str, *, key: str = KEY, **changes: Any) -> PlanConfig:
    """A plan of ten days whose rows are spoilt."""
    return Secret(key).given_to(small(dirt=dirt, **changes))
