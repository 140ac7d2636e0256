"""One HTML file with everything in it: no script, and a policy in its head that forbids it any other file.

Whatever comes from the database is escaped. Pictures are drawn for several widths, and a browser shows the one that
fits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from html import escape
from importlib import resources
from typing import Final

from shardgen.errors import Use
from shardgen.events import CheckDone, CheckStarted, Event, VerificationStarted
from shardgen.machine.installation import NAME
from shardgen.page._parts import formats
from shardgen.page._parts.sales import currency
from shardgen.page._parts.section import FULL, HALF, THIRD, Picture, Section, Table
from shardgen.page._parts.volumes import totals
from shardgen.page.numbers import Numbers, Provenance, Row
from shardgen.page.pictures import draw

WIDTHS: Final = {
    FULL: {"wide": 1080, "middle": 700, "narrow": 340},
    HALF: {"wide": 520, "narrow": 340},
    THIRD: {"": 340},
}
"""Pixels of a picture, by its size and the widths of the page that the style sheet tells apart."""

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="generator" content="shardgen {version}">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
{css}</style>
</head>
<body>
<header>
<p class="kind">shardgen report</p>
<h1>{title}</h1>
<dl class="facts">{facts}</dl>
<ul class="tiles">{tiles}</ul>
</header>
<nav aria-label="Sections"><ul>{links}</ul></nav>
<main>
{sections}
</main>
<footer>{footer}</footer>
</body>
</html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page, and the figures that it was made of; a notebook shows it."""

    numbers: Numbers
    html: str = field(repr=False)

    def _repr_html_(self) -> str:
        """In a frame of its own, as it is a whole document."""
        return f'<iframe srcdoc="{escape(self.html)}" style="width: 100%; height: 80vh; border: 0"></iframe>'


def render(numbers: Numbers, sections: Sequence[Section], show: Callable[[Event], None]) -> str:
    """The page.

    Args:
        numbers: for its head.
        sections: what it consists of.
        show: hears of each picture.

    Raises:
        ReportError: the drawing library is not installed.
    """
    facts = numbers.facts
    show(VerificationStarted(checks=sum(len(each.pictures) for each in sections), what="pictures"))
    return _PAGE.format(
        version=escape(facts.version),
        title=escape(_title(facts)),
        css=resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8"),
        facts="".join(f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in _facts(facts)),
        tiles="".join(
            f"<li><strong>{escape(value)}</strong><span>{escape(label)}</span></li>" for value, label in tiles(numbers)
        ),
        links="".join(f'<li><a href="#{each.name}">{escape(each.title)}</a></li>' for each in sections),
        sections="\n".join(_section(each, show) for each in sections),
        footer=escape(_footer(numbers)),
    )


def tiles(numbers: Numbers) -> Iterator[tuple[str, str]]:
    """Key figures, those that are known: value and label."""
    tables = totals(numbers.rows("volumes"))
    yield formats.short(sum(each["rows"] for each in tables)), f"rows in {formats.plural(len(tables), 'table')}"
    yield formats.size(sum(each["heap"] + each["indexes"] for each in tables)), "on disk, with indexes"
    if sales := numbers.first("sales"):
        unit = currency(numbers)
        kept = sales["orders"] - sales["cancelled"]
        yield formats.count(sales["orders"]), f"orders of {formats.plural(sales['buyers'], 'customer')}"
        yield formats.money(sales["revenue"], ""), f"{unit} revenue, without cancelled orders".strip()
        yield formats.money(formats.share(sales["revenue"], kept), ""), f"{unit} is the mean order".strip()
        yield formats.percent(formats.share(sales["returned"], sales["delivered"])), "of delivered orders come back"
    if funnel := numbers.first("funnel"):
        yield formats.count(funnel["sessions"]), f"sessions, {formats.short(funnel['events'])} events"
        yield formats.percent(formats.share(funnel["bought"], funnel["sessions"])), "of the sessions buy"
    ratings = numbers.rows("ratings")
    if reviews := sum(row["reviews"] for row in ratings):
        stars = sum(row["rating"] * row["reviews"] for row in ratings) / reviews
        yield f"{stars:.2f} ★", f"of {formats.plural(reviews, 'review')}"
    if catalogue := numbers.first("catalogue"):
        categories = formats.plural(catalogue["categories"], "category", "categories")
        yield formats.count(catalogue["products"]), f"products in {categories}"


def _title(facts: Provenance) -> str:
    worlds = [run["plan"] for run in facts.runs]
    first = min(plan["world"]["epoch"] for plan in worlds)
    last = date.fromisoformat(max(plan["end"] for plan in worlds)) - timedelta(days=1)
    days = dict.fromkeys((formats.day(first), formats.day(last.isoformat())))
    return f"An online shop, {' to '.join(days)}"


def _facts(facts: Provenance) -> Iterator[tuple[str, str]]:
    """What was loaded, from where, by what."""
    yield "target", facts.target
    if facts.schema:
        yield "schema", facts.schema
    for run in facts.runs:
        name = f"run {run['run']}" if len(facts.runs) > 1 else "run"
        yield name, _run(run, number=len(facts.runs) == 1)
    yield "tables", formats.listed(facts.tables)
    if facts.absent:
        yield "without", "; ".join(f"{name} ({reason})" for name, reason in facts.absent.items())
    if facts.others:
        yield (
            "beside rows that were there",
            formats.listed(f"{formats.count(n)} {name}" for name, n in facts.others.items()),
        )
    yield facts.engine, facts.server
    yield "measured", facts.measured[:16].replace("T", " ")


def _run(run: Row, *, number: bool) -> str:
    plan, versions = run["plan"], run["versions"]
    made = ", ".join(f"{name} {version}" for name, version in versions.items())
    begun = f"{run['run']}, " if number else ""
    when = f"finished {run['finished'][:16].replace('T', ' ')} on {run['host']}" if run["finished"] else run["host"]
    return (
        f"{begun}seed {plan['world']['seed']}, {formats.plural(run['days'], 'day')} up to {plan['end']}, "
        f"raw_data {plan['raw_data']}, {when} ({made})"
    )


def _footer(numbers: Numbers) -> str:
    asked = sum(not answer.missing for answer in numbers.answers.values())
    again = f"{NAME} report {Use('json', value=True)}"
    return (
        f"Made by shardgen {numbers.facts.version}: {asked} queries in {formats.seconds(numbers.seconds)}. "
        f"All times are UTC unless a picture says otherwise. `{again}` prints the numbers."
    )


def _section(section: Section, show: Callable[[Event], None]) -> str:
    finding = " ".join(section.findings)
    pictures = [
        _figure(f"{section.name}-{place}", picture, show) for place, picture in enumerate(section.pictures, start=1)
    ]
    return "\n".join(
        [
            f'<section id="{section.name}" aria-labelledby="{section.name}-heading">',
            f'<h2 id="{section.name}-heading">{escape(section.title)}</h2>',
            *([f'<p class="finding">{escape(finding)}</p>'] if finding else []),
            *_missing(section),
            *(['<div class="pictures">', *pictures, "</div>"] if pictures else []),
            *_numbers(section),
            "</section>",
        ]
    )


def _missing(section: Section) -> Iterator[str]:
    if section.missing:
        lines = [
            f"<li>Not shown: {escape(formats.listed(titles))} ({escape(reason)}).</li>"
            for reason, titles in section.missing.items()
        ]
        yield f'<div class="missing"><ul>{"".join(lines)}</ul></div>'


def _figure(name: str, picture: Picture, show: Callable[[Event], None]) -> str:
    show(CheckStarted(check=picture.title))
    start = time.perf_counter()
    svgs = [_svg(f"{name}{kind[:1]}", kind, picture, width) for kind, width in WIDTHS[picture.size].items()]
    show(CheckDone(check=picture.title, failures=(), seconds=round(time.perf_counter() - start, 3)))
    return f'<figure class="{picture.size}"><h3>{escape(picture.title)}</h3>{"".join(svgs)}</figure>'


def _svg(name: str, kind: str, picture: Picture, width: int) -> str:
    svg = draw(picture.draw(width), name=name, title=picture.title, about=picture.about)
    return svg.replace("<svg", f'<svg class="{kind}"', 1) if kind else svg


def _numbers(section: Section) -> Iterator[str]:
    """Every table behind a fold of its own, all of them behind one."""
    if section.tables:
        folds = (f"<details><summary>{escape(each.title)}</summary>{_table(each)}</details>" for each in section.tables)
        yield f"<details><summary>The numbers</summary>{''.join(folds)}</details>"


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.columns)
    rows = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in table.rows
    )
    return (
        f'<div class="scroll" tabindex="0"><table aria-label="{escape(table.title)}">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
