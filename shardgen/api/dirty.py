"""What scripts and notebooks ask of rows that are spoilt on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

from shardgen.api.shared import in_python, settings_of, watching
from shardgen.options.keywords import Graded, Truthful

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shardgen.grading.grades import Grades


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


@in_python
def grade(
    dsn: str | None = None,
    *,
    cleaned: str = "",
    mapping: Path | str = "",
    sql: Mapping[str, Path | str] | None = None,
    min_f1: float | Mapping[str, float] | None = None,
    junit: Path | str = "",
    page: Path | str = "",
    run: int | None = None,
    **options: Unpack[Graded],
) -> Grades:
    """What a pipeline made of dirty rows: precision, recall and F1 by kind of dirt, family and table.

    Args:
        dsn: libpq connection string of the dirty and the cleaned tables; without it the target is found as on the
            command line.
        cleaned: schema of tables or views that are called as ours, with our columns; for a lake a folder of files,
            its address, or a file of DuckDB.
        mapping: TOML file that tells for each of our tables theirs, and their columns by ours.
        sql: by table, a file of a statement that returns the key and the columns by our names. One of these three says
            what is graded; for a lake the first may be there beside another, which finds its tables.
        min_f1: least F1 of all, or by kind, family or table: ``{"exact_duplicate": 0.95, "orders": 0.9}``; what falls
            short is told by ``failures()``, and ``ok`` is False.
        junit: file that JUnit's XML is written to.
        page: file that an HTML page is written to.
        run: of this run; of the newest finished one by default.
        options: where it is loaded, see :class:`Graded`; an embedded server must be running.

    Returns:
        The grades: ``score`` of all, ``kinds()``, ``of_families()``, ``tables``; ``to_json()`` for plain values.

    Raises:
        ConfigError: an option or the mapping is wrong, or the secret is missing or another one.
        TargetError, ServerError: the target cannot be reached, or has not what is named.
        VerificationError: a read failed.

    Example:
        >>> import os, shardgen
        >>> os.environ["SHARDGEN_DIRT_KEY"] = "of this lesson"
        >>> shop = {"profile": "demo", "end": "2026-01-01", "tables": "orders", "progress": "none"}
        >>> _ = shardgen.load(dirt="exact_duplicate=0.1", schema="dirty", **shop)
        >>> found = shardgen.grade(schema="dirty", cleaned="dirty", min_f1=0.9, progress="none")
        >>> [(line.kind, line.score.recall) for line in found.kinds()], found.ok
        ([('exact_duplicate', 0.0)], False)
        >>> del os.environ["SHARDGEN_DIRT_KEY"]
    """
    from shardgen.answering import Places, check_files, graded, write

    settings = settings_of(Graded, options, dsn=dsn)
    files = {"junit": str(junit), "page": str(page)}
    check_files(**files)
    statements = tuple(f"{table}={file}" for table, file in (sql or {}).items())
    places = Places(cleaned=cleaned, mapping=str(mapping), sql=statements)
    with watching(settings, "grade") as show:
        found = graded(settings, show, places, least=_least(min_f1), run=run)
    write(found, **files)
    return found


def _least(asked: float | Mapping[str, float] | None) -> list[str]:
    """As the command line has it."""
    if asked is None:
        return []
    return [f"{name}={f1}" for name, f1 in asked.items()] if isinstance(asked, Mapping) else [str(asked)]
