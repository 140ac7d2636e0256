"""``python -m tests.faults.planted load ...``: the program with a bug in the build of one shard.

SHARDGEN_TEST_BUG names the shard; without it the bug is mended.
"""

from __future__ import annotations

import functools
import logging
import os
import sys
from collections.abc import Iterator

from shardgen.cli import main
from shardgen.columns.batch import Batch
from shardgen.loading import session
from shardgen.model.plan import Shard
from shardgen.tables import feed


class Feed(feed.Feed):
    def batches(self, shard: Shard, rows: int) -> Iterator[Batch]:
        for number, batch in enumerate(feed.Feed.batches(self, shard, rows)):
            yield batch
            if shard.id == os.environ.get("SHARDGEN_TEST_BUG"):
                logging.getLogger("planted").warning("about to fail after batch %s", number)
                raise ZeroDivisionError("planted by the test")


if __name__ == "__main__":
    from tests.faults import planted  # workers find it there, not in __main__

    recipe = session.Recipe(feed=planted.Feed)
    session.Machinery = functools.partial(session.Machinery, recipe=recipe)
    sys.exit(main())
