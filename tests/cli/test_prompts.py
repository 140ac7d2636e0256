"""What is shown before something is removed: all of it, however narrow the terminal is."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from shardgen.display.tables import losses_table, survey_table
from shardgen.stores.postgres.ledger import Claim
from shardgen.stores.postgres.losses import Loss
from shardgen.stores.postgres.survey import How, Removal, Survey
from tests.worlds import TABLES

WHERE = "schema bronze of host=db.example user=me dbname=shop"
WIDTHS = (12, 20, 40, 64, 80, 200)
NUMBERS = [1_234_567 * 10**place for place in range(len(TABLES))]
WHY = "rows deleted; it holds rows that were there before, so it stays"


def shown(what, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    console.print(what, crop=False)
    return console.file.getvalue()


def claim(name: str) -> Claim:
    return Claim(target=name, relation=f"raw_{name}", oid=1, generation=1, run=1234, created=True)


def in_order(words: str, text: str) -> bool:
    """Whether the words are there, wherever the lines are broken."""
    return "".join(words.split()) in "".join(text.split())


@pytest.mark.parametrize("width", WIDTHS)
def test_a_reset_names_every_table_and_number_at_any_width(width):
    removals = [
        Removal(claim=claim(name), how=How.DELETE, why=WHY, shards=1, rows=rows)
        for name, rows in zip(TABLES, NUMBERS, strict=True)
    ]
    text = shown(
        survey_table(Survey(runs=(1234,), removals=tuple(removals), last=True, schema=True), where=WHERE), width
    )
    for name, rows in zip(TABLES, NUMBERS, strict=True):
        assert in_order(f"raw_{name}", text)
        assert in_order(f"{rows:,}", text)
    assert in_order(f"{sum(NUMBERS):,}", text)
    assert in_order(f"reset of run 1234 in {WHERE}", text)
    assert "…" not in text
    assert all(text.count(word) >= len(TABLES) for word in ("deleted;", "before,")) or width < len("deleted;") + 14


@pytest.mark.parametrize("width", WIDTHS)
def test_a_replace_names_every_table_and_number_at_any_width(width):
    losses = [
        Loss(
            relation=f"raw_{name}",
            action="dropped and created anew",
            rows=rows,
            bytes=12_345_678_901,
            filled_by="run=1234 and others",
            created=False,
        )
        for name, rows in zip(TABLES, NUMBERS, strict=True)
    ]
    text = shown(losses_table(losses, where=WHERE), width)
    for loss in losses:
        for words in (loss.relation, f"{loss.rows:,}", loss.filled_by, loss.action, "somebody else"):
            assert in_order(words, text), (words, width)
    assert "…" not in text
