"""Fills the bronze layer of a PostgreSQL warehouse with a realistic, consistent e-commerce history.

What a script or a notebook needs is here, imported when first used: ``import shardgen`` itself loads nothing at all,
because modules may still be looked for in the working directory (see ``machine.paths``).
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from shardgen.api import (
        advance,
        answers,
        changes,
        claim,
        commit,
        grade,
        load,
        load_part,
        plan,
        queries,
        report,
        reset,
        sample,
        status,
        story,
        table,
        truth,
        url,
        verify,
    )
    from shardgen.errors import ShardgenError

__version__ = "0.1.0"

__all__ = [
    "ShardgenError",
    "__version__",
    "advance",
    "answers",
    "changes",
    "claim",
    "commit",
    "grade",
    "load",
    "load_part",
    "plan",
    "queries",
    "report",
    "reset",
    "sample",
    "status",
    "story",
    "table",
    "truth",
    "url",
    "verify",
]

_HOMES = {name: "api" for name in __all__ if name.islower() and not name.startswith("_")} | {"ShardgenError": "errors"}


def __getattr__(name: str) -> "Any":
    if name not in _HOMES:
        raise AttributeError(f"module 'shardgen' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(f"shardgen.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
