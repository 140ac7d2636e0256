"""``python -m tests.faults.fake_load load --dsn ...``: the real coordinator and processes, with fake tables."""

from __future__ import annotations

import os
import sys

from shardgen.errors import ShardgenError
from shardgen.loading.engines import engine_of
from shardgen.loading.hooks import Tools
from tests import fakes


def main() -> int:
    dsn = sys.argv[sys.argv.index("--dsn") + 1]
    config, named = fakes.plan_config(), os.environ.get("SHARDGEN_FAKE_ENGINE", "processes")
    try:
        fakes.load(
            dsn,
            config,
            attempts=3,
            show=lambda event: print(event, flush=True),
            machinery=fakes.machinery(engine=lambda: engine_of(named), tools=Tools()),
        )
    except ShardgenError as error:
        print(error)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
