"""The catalogue's mistakes: who sees which, and that putting one right changes what it is about and nothing else."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np

from shardgen.tables.wanted import plan_config
from shardgen.world.corrections import DESCRIPTION, MEASURES, NOTHING, corrections
from shardgen.world.demand import DAY
from shardgen.world.records import NEVER
from tests.worlds import TODAY, table_rows

EPOCH = date(2025, 1, 1)
IDS = np.arange(20_000)


def products_at(end: date) -> dict[str, dict[str, Any]]:
    volumes = {"customers": 1, "products": 1500, "orders_per_day": 0, "sessions_per_day": 0}
    config = plan_config(today=TODAY, epoch=EPOCH, horizon=365, end=end, **volumes)
    return {row["product_id"]: row | json.loads(row["raw_data"]) for row in table_rows(config, "products")}


def test_what_is_wrong_is_so_until_it_is_put_right() -> None:
    launched = IDS * 1000 + 20_000 * DAY
    found = corrections(42, IDS, launched, np.full(len(IDS), NEVER))
    known = found.what != NOTHING
    assert (found.at[known] > launched[known]).all()
    assert (found.at[~known] == NEVER).all()
    assert 0.27 < known.mean() < 0.33
    assert (found.wrong(20_000 * DAY) == found.what).all()
    assert not found.wrong(30_000 * DAY).any()
    for row in np.flatnonzero(known)[:50]:
        at = int(found.at[row])
        assert (found.wrong(at)[row], found.wrong(at + 1)[row]) == (found.what[row], NOTHING)


def test_what_has_left_the_shop_is_not_put_right() -> None:
    launched = np.full(len(IDS), 20_000 * DAY)
    gone = launched + 100 * DAY
    found = corrections(42, IDS, launched, gone)
    assert (found.at[found.what != NOTHING] < gone[0]).all()
    assert not found.wrong(30_000 * DAY).any()


def test_a_correction_changes_description_or_dimensions_and_tells_when() -> None:
    before, after = products_at(date(2025, 2, 1)), products_at(date(2025, 12, 1))
    seen = {DESCRIPTION: 0, MEASURES: 0}
    for key, old in before.items():
        new = after[key]
        changed = {name for name in ("product_name", "description", "attributes") if old[name] != new[name]}
        assert bool(changed) == ("corrected_at" in new and "corrected_at" not in old)
        assert len(changed) <= 1
        seen[DESCRIPTION] += "description" in changed
        seen[MEASURES] += "attributes" in changed
        if "attributes" in changed:
            weights = [json.loads(row["raw_data"])["attributes"]["weight"] for row in (old, new)]
            assert weights[0] == weights[1]
    assert seen[DESCRIPTION] > 40
    assert seen[MEASURES] > 20


def test_what_has_left_the_shop_keeps_its_last_price() -> None:
    before, after = products_at(date(2025, 6, 1)), products_at(date(2025, 12, 1))
    gone = [key for key, row in before.items() if "discontinued_at" in row]
    assert gone
    for key in gone:
        assert before[key] == after[key]
        assert before[key]["price_since"] < before[key]["discontinued_at"]
