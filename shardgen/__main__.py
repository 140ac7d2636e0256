"""``python -m shardgen``, and what the installed ``shardgen`` calls."""

import gc
import os
import sys

from shardgen.machine import paths


def main() -> None:
    """Run the command line, with modules looked for where they are installed only."""
    paths.tidy()
    gc.set_threshold(50_000)  # from 700: what is imported is no garbage, and looking for some is a tenth of the start
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # nothing of ours uses more, and a limit of threads would end it
    try:
        _hasten(sys.argv[1:])
        from shardgen.cli import main as run  # noqa: PLC0415  # not before
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    run()


def _hasten(words: list[str]) -> None:
    """Start what a load's workers are forked from while the command line is still being read: 0.2 s."""
    if words[:1] != ["load"] or {"-h", "--help"} & {*words}:
        return
    if "SHARDGEN_ENGINE" in os.environ or any(word.startswith("--engine") for word in words):
        return  # they may come from elsewhere
    import contextlib  # noqa: PLC0415  # only here, and not before the path is safe

    from shardgen.errors import ShardgenError  # noqa: PLC0415
    from shardgen.loading.engines import default_engine  # noqa: PLC0415

    with contextlib.suppress(ShardgenError):  # told by the command
        default_engine()


if __name__ == "__main__":
    main()
