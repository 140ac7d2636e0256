"""``python -m tests.faults.planted load ...``: the program with a bug in the build of one shard.

SHARDGEN_TEST_BUG names the shard; without it the bug is mended.
"""

from __future__ import annotations

import functools
import logging
import os
import sys
from collections.abc import Iterator

import pyarrow as pa

from shardgen.cli import main
from shardgen.loading import session, worker
from shardgen.model.config import PlanConfig
from shardgen.model.plan import Shard


def build(plan: PlanConfig, shard: Shard, batch_rows: int) -> Iterator[pa.RecordBatch]:
    for number, batch in enumerate(worker.build_batches(plan, shard, batch_rows)):
        yield batch
        if shard.id == os.environ.get("SHARDGEN_TEST_BUG"):
            logging.getLogger("planted").warning("about to fail after batch %s", number)
            raise ZeroDivisionError("planted by the test")


if __name__ == "__main__":
    from tests.faults import planted  # workers find it there, not in __main__

    job = functools.partial(worker.Job, build=planted.build)
    session.Machinery = functools.partial(session.Machinery, job=job)
    sys.exit(main())
