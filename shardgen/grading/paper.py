"""Grades as one HTML page with everything in it, in the style of the report; whatever is a user's is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib import resources
from typing import Final

from shardgen.grading.grades import Grades, Line, TableGrade
from shardgen.grading.score import Example, Score, Tally

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>Grade: {title}</title>
<style>
{css}
td.bar {{ min-width: 8rem }}
td.bar meter {{ width: 100% }}
</style>
</head>
<body>
<header>
<p class="kind">shardgen grade</p>
<h1>{title}</h1>
<ul class="tiles">{tiles}</ul>
</header>
<main>
{sections}
</main>
<footer>{footer}</footer>
</body>
</html>
"""
_FOOTER: Final = (
    "Precision is the share of what was done that was right, recall the share of what was asked that was done. "
    "shardgen help grade tells what counts."
)


def html(grades: Grades) -> str:
    """The page."""
    css = resources.files("shardgen.page").joinpath("page.css").read_text(encoding="utf-8")
    sections = [
        *_verdict(grades),
        _section("kinds", "Kinds of dirt, the worst first", _kinds(grades)),
        _section("tables", "Tables", _tables(grades)),
        *_people(grades),
        _section("examples", "What went wrong", _examples(grades)),
    ]
    return _PAGE.format(
        title=escape(grades.source),
        css=css,
        tiles="".join(f"<li><strong>{value}</strong><span>{label}</span></li>" for value, label in _tiles(grades)),
        sections="\n".join(sections),
        footer=escape(_FOOTER),
    )


def _tiles(grades: Grades) -> Iterator[tuple[str, str]]:
    score = grades.score
    yield _share(score.f1), "F1"
    yield _share(score.precision), "precision"
    yield _share(score.recall), "recall"
    rows = sum(each.rows for each in grades.tables)
    right = sum(each.right for each in grades.tables)
    yield f"{right:,}", f"of {rows:,} rows are as they should be"


def _verdict(grades: Grades) -> Iterator[str]:
    if told := grades.failures():
        yield _section("verdict", "Below what was asked for", _list(told))
    if grades.left_out:
        lines = [f"{table}: {reason}" for table, reason in grades.left_out.items()]
        yield _section("left-out", "Not graded", _list(lines))


def _kinds(grades: Grades) -> str:
    rows = []
    for family, score in grades.of_families().items():
        lines = [line for line in grades.kinds() if line.family == family]
        rows += [_row(family, score, ""), *map(_line, lines)]
    return _table(("kind", "precision", "recall", "F1", "", "what became of it"), rows)


def _line(line: Line) -> str:
    told = ", ".join(f"{many:,} {outcome}" for outcome, many in line.counts.most_common())
    return _row(f"· {line.kind}", line.score, told)


def _tables(grades: Grades) -> str:
    rows = [_row(each.table, each.score, _told(each)) for each in grades.tables]
    return _table(("table", "precision", "recall", "F1", "", "rows"), [*rows, _row("all", grades.score, "")])


def _told(grade: TableGrade) -> str:
    counts = {
        name: sum(tally.counts[name] for tally in (*grade.tallies.values(), grade.clean))
        for name in ("lost", "invented", "broken")
    }
    others = "".join(f", {many:,} {name}" for name, many in counts.items() if many)
    return f"{grade.right:,} of {grade.rows:,} as they should be{others}"


def _people(grades: Grades) -> Iterator[str]:
    if grades.merged:
        rows = [_row("pairs of records", grades.merged.pairs, ""), _row("whole persons", grades.merged.persons, "")]
        yield _section("people", "People", _table(("merged", "precision", "recall", "F1", "", ""), rows))


def _examples(grades: Grades) -> str:
    rows = [
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
        for table in grades.tables
        for kind, tally in (*table.tallies.items(), ("none", table.clean))
        for cells in _failures(table.table, kind, tally)
    ]
    if not rows:
        return "<p>Nothing.</p>"
    return _table(("table", "kind", "what", "key", "column", "dirty", "clean", "you have"), rows)


def _failures(table: str, kind: str, tally: Tally) -> Iterator[tuple[str, ...]]:
    for outcome, some in tally.examples.items():
        for each in some:
            yield (table, kind, outcome, each.key, each.place, *_values(each))


def _values(example: Example) -> tuple[str, ...]:
    told = example.to_json()
    return tuple("null" if told[name] is None else str(told[name]) for name in ("dirty", "clean", "theirs"))


def _section(name: str, title: str, body: str) -> str:
    return f'<section id="{name}"><h2>{escape(title)}</h2>{body}</section>'


def _list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _table(names: Sequence[str], rows: Iterable[str]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = "".join(rows)
    return f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _row(name: str, score: Score, told: str) -> str:
    f1 = score.f1
    bar = "" if f1 is None else f'<meter min="0" max="1" low="0.5" high="0.95" optimum="1" value="{f1:.3f}"></meter>'
    figures = "".join(f"<td>{_share(each)}</td>" for each in (score.precision, score.recall, f1))
    return f'<tr><th scope="row">{escape(name)}</th>{figures}<td class="bar">{bar}</td><td>{escape(told)}</td></tr>'


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
