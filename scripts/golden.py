"""Write tests/golden/digests.json anew: to be run when the data is meant to change, with DATA_VERSION raised."""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from shardgen.tables import names  # noqa: E402
from shardgen.world import words_digest  # noqa: E402
from tests.tables.test_bytes import GOLDEN, WORLDS  # noqa: E402
from tests.worlds import digest, small, table_bytes  # noqa: E402


def main() -> None:
    """Compute and write the digests of every golden world."""
    configs = {name: small(**changes) for name, changes in WORLDS.items()}
    golden = {
        "digests": {
            name: {"words": words_digest(config.world.seed)}
            | {table: digest(table_bytes(config, table)) for table in names()}
            for name, config in configs.items()
        },
    }
    GOLDEN.write_text(json.dumps(golden, indent=2) + "\n")
    print(f"wrote {GOLDEN.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
