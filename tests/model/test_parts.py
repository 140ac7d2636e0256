"""Which shards a part of a load has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardgen.errors import ConfigError
from shardgen.model.parts import Part, lacking, told
from tests import fakes

PLAN = fakes.build_plan(fakes.plan_config())


@given(st.integers(1, 40))
def test_every_shard_belongs_to_one_part_and_the_k_th_to_part_k_mod_n(of):
    shares = [Part(number, of).shards(PLAN) for number in range(of)]
    assert sum(map(len, shares)) == len(PLAN.shards)
    assert all(shard.id in shares[number % of] for number, shard in enumerate(PLAN.shards))


@pytest.mark.parametrize("text", ["0/1", "0/3", "2/3", "11/12"])
def test_a_part_is_written_as_it_is_read(text):
    assert str(Part.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("3/3", "part='3/3' is out of range: use 0/3 to 2/3"),
        ("x", "part='x' is no part: use i/n with i from 0 to n - 1, as 0/3"),
        ("-1/3", "is no part"),
        ("1", "is no part"),
        ("", "is no part"),
        ("1/3/5", "is no part"),
        ("1.0/3", "is no part"),
        (" 1/3", "is no part"),
        ("1/3\n", "is no part"),
        ("٣/4", "is no part"),  # a digit that is none of ours
        ("0/0", "is of 0 parts: use 1 to 100000"),
        ("0/100001", "is of 100001 parts"),
    ],
)
def test_what_is_no_part_is_refused_with_the_remedy(text, why):
    with pytest.raises(ConfigError) as caught:
        Part.parse(text)
    assert why in str(caught.value)


def test_what_is_lacking_is_told_by_part():
    done = Part(0, 3).shards(PLAN) | {PLAN.shards[1].id}
    found = lacking(PLAN, done, 3)
    assert sum(found.values()) == len(PLAN.shards) - len(done)
    assert told(found).startswith(f"part=1/3 lacks {found[Part(1, 3)]} shards, part=2/3 lacks")
    assert lacking(PLAN, [shard.id for shard in PLAN.shards], 3) == {}
    assert told(lacking(PLAN, [], 20)).endswith("and 15 more parts lack some")
