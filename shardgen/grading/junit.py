"""Grades as JUnit's XML, which every CI shows: a case for each kind in each table, and one for what no kind struck."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

from shardgen.grading.grades import Grades, TableGrade
from shardgen.grading.score import Score, Tally

_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold."""


def xml(grades: Grades) -> str:
    """The whole file."""
    root = ET.Element("testsuites", name="shardgen grade", time=f"{grades.seconds:.3f}")
    for table in grades.tables:
        cases = [
            *(_case(grades, table, kind, tally, tally.score) for kind, tally in table.tallies.items()),
            _case(grades, table, "", table.clean, table.score),
        ]
        suite = ET.SubElement(root, "testsuite", name=table.table, time=f"{table.seconds:.3f}", tests=str(len(cases)))
        for name in ("failure", "skipped"):
            suite.set({"failure": "failures"}.get(name, name), str(sum(case.find(name) is not None for case in cases)))
        suite.set("errors", "0")
        suite.extend(cases)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _case(grades: Grades, table: TableGrade, kind: str, tally: Tally, score: Score) -> ET.Element:
    """One case: of a kind, or of a whole table."""
    family = grades.families.get(kind, "")
    case = ET.Element(
        "testcase", name=f"{kind or 'all'} in {table.table}", classname=f"shardgen.grade.{family or 'all'}"
    )
    least = grades.least(kind, table.table)
    if score.f1 is None:
        ET.SubElement(case, "skipped", message="nothing was asked for")
    elif least is not None and score.f1 < least:
        failure = ET.SubElement(case, "failure", type="F1", message=f"F1 {score.f1:.3f} is below {least:g}")
        failure.text = _clean("\n".join(_lines(tally)))
    return case


def _lines(tally: Tally) -> Iterator[str]:
    for outcome, some in tally.examples.items():
        for each in some:
            told = each.to_json()
            values = ", ".join(f"{name} {told[name]!r}" for name in ("dirty", "clean", "theirs"))
            yield f"{outcome}: {each.key} {each.place}: {values}"


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
