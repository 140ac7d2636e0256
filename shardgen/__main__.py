"""``python -m shardgen``, and what the installed ``shardgen`` calls."""

import gc
import os

from shardgen.machine import paths


def main() -> None:
    """Run the command line, with modules looked for where they are installed only."""
    paths.tidy()
    gc.set_threshold(50_000)  # from 700: what is imported is no garbage, and looking for some is a tenth of the start
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # nothing of ours uses more, and a limit of threads would end it
    try:
        from shardgen.cli import main as run  # noqa: PLC0415  # not before
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    run()


if __name__ == "__main__":
    main()
