"""pyarrow, imported when it is first used: whoever only asks what a table is does without its 0.1 s and 30 MiB."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any


class _Late:
    """A module that is imported when something of it is asked for.

    Args:
        name: of the module.
    """

    def __init__(self, name: str) -> None:
        self.__name = name

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(importlib.import_module(self.__name), attribute)
        setattr(self, attribute, value)  # the next look finds it at once
        return value


__all__ = ["pa", "pc"]

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = _Late("pyarrow"), _Late("pyarrow.compute")
