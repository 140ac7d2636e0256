"""What scripts and notebooks ask of rows that are spoilt on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from shardgen.api.shared import in_python, settings_of
from shardgen.options.keywords import Truthful

if TYPE_CHECKING:
    from collections.abc import Iterator


@in_python
def answers(dsn: str | None = None, *, run: int | None = None, **options: Unpack[Truthful]) -> Iterator[dict[str, Any]]:
    """What was done to dirty rows, made anew as it is read; the secret is that of ``SHARDGEN_DIRT_KEY`` or of a file.

    Args:
        dsn: libpq connection string of what is loaded; without any target, of the options that name ``dirt``.
        run: of this run; of the newest finished one by default.
        options: where it is loaded, or which world and dirt, see :class:`Truthful`.

    Returns:
        One dictionary for each place of each defect; ``dirty`` and ``clean`` are JSON text, None where there is none.

    Raises:
        ConfigError: an option is wrong, or the secret is missing or another one.
        TargetError: the target cannot be reached, or holds no such run, or one without dirt.

    Example:
        >>> import os, shardgen
        >>> os.environ["SHARDGEN_DIRT_KEY"] = "of this lesson"
        >>> line = next(shardgen.answers(profile="demo", end="2026-01-01", dirt="null=0.01"))
        >>> line["kind"], line["table"], line["dirty"]
        ('null', 'customers', 'null')
        >>> del os.environ["SHARDGEN_DIRT_KEY"]
    """
    from shardgen.answering import answers_of
    from shardgen.flow.answers import plain

    found = answers_of(settings_of(Truthful, options, dsn=dsn), form="ndjson", run=run)
    return (plain(each) for each in found.answers)
