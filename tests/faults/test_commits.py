"""The answer to a COMMIT is lost: whether it was done is never guessed, the ledger's key tells."""

from __future__ import annotations

import pytest
from psycopg.conninfo import make_conninfo

from shardgen.loading.hooks import Tools
from tests import fakes
from tests.faults.conftest import holds
from tests.faults.proxy import AFTER, BEFORE, LATE, Proxy
from tests.loading.test_load import FEW, Loader
from tests.loads import VOLUME, WORLD


@pytest.mark.parametrize("fault", [BEFORE, AFTER, LATE])
def test_a_commit_whose_answer_is_lost_neither_loses_nor_doubles_a_shard(
    program, shop, foreign, reference, dice, fault
):
    hits = 3
    with Proxy(foreign.port, fault=fault, every=dice.randint(2, 8), hits=hits) as proxy:
        dsn = make_conninfo(shop.dsn, port=proxy.port, sslmode="disable", gssencmode="disable")
        code, output = program(*WORLD, *VOLUME, "--workers", "2", target=shop, dsn=dsn).wait()
    assert code == 0, output
    assert proxy.hit == hits
    holds(shop, reference)
    assert shop.value("SELECT count(*) FROM bronze.shardgen_failures") == hits
    attempts = shop.value("SELECT sum(attempts - 1)::int FROM bronze.shardgen_shards")
    assert attempts == (hits if fault == BEFORE else 0)  # the others were done at the first attempt, as it turned out


@pytest.mark.parametrize("fault", [BEFORE, AFTER, LATE])
def test_a_claim_whose_answer_is_lost_is_made_once(shop, foreign, fault):
    with Proxy(foreign.port, fault=fault, every=0, hits=1, whose=b"shardgen:coordinator") as proxy:
        dsn = make_conninfo(shop.dsn, port=proxy.port, sslmode="disable", gssencmode="disable")
        report = Loader(shop).load(tables=FEW, dsn=dsn, machinery=fakes.machinery(tools=Tools()))
    assert proxy.hit == 1
    assert report.ok
    assert shop.rows("SELECT state FROM bronze.shardgen_runs") == [("finished",)]
    assert report.run == 1
    assert not report.resumed
