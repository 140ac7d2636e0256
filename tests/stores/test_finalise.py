"""The order of the finalising steps."""

from __future__ import annotations

import pytest

from shardgen.stores.postgres.finalise import stages
from shardgen.stores.postgres.ledger import Claim
from shardgen.tables import dataset
from shardgen.tables.planning import build_plan
from tests.worlds import TABLES, small

PLAIN = [name for name, table in [(spec.name, spec.table) for spec in dataset().tables] if not table.partitioned]


def claims(created=True):
    return {
        name: Claim(target=name, relation=f"raw_{name}", oid=1, generation=1, run=1, created=created) for name in TABLES
    }


def names(found):
    return [[step.name for step in stage] for stage in found]


@pytest.mark.parametrize("indexes", ["keys", "full", "none"])
@pytest.mark.parametrize("keyless", [frozenset(), frozenset(PLAIN)], ids=["keyed", "keyless"])
def test_a_table_is_analysed_once_and_when_it_has_its_keys_and_indexes(indexes, keyless):
    found = names(stages(build_plan(small(indexes=indexes)), claims(), keyless))
    stage_of = {step: number for number, stage in enumerate(found) for step in stage}
    assert len(stage_of) == sum(map(len, found))
    for name, table in [(spec.name, spec.table) for spec in dataset().tables]:
        building = [step for step in stage_of if step.startswith((f"index raw_{name}_", f"key raw_{name}_"))]
        assert len(building) == (0 if table.partitioned else len(table.indexes_for(indexes)) + (name in keyless))
        assert all(stage_of[step] < stage_of[f"analyze raw_{name}"] for step in building)


def test_what_lacks_nothing_is_analysed_beside_the_indexes_of_others_the_largest_first():
    first, last = names(stages(build_plan(small()), claims(), frozenset()))
    assert first[0] == "analyze raw_clickstream"
    assert {"analyze raw_products", "index raw_sessions_user_id_idx"} <= set(first)
    assert last[0] == "analyze raw_sessions"


def test_tables_of_others_are_analysed_only():
    [only] = names(stages(build_plan(small()), claims(created=False), frozenset()))
    assert sorted(only) == sorted(f"analyze raw_{name}" for name in TABLES)
