"""Imported by the process that workers are forked from: reads, once and whatever the load, what every worker needs.

None of it is ever garbage, so nothing looks for any meanwhile (a tenth of the time), nor in the workers later.
"""

from __future__ import annotations

import contextlib
import gc


def _read() -> None:
    import numpy.ma  # noqa: F401  # loaded late by others, as is the next, and then it would be in each worker
    import pyarrow.compute  # noqa: F401

    import shardgen.loading.worker  # noqa: F401
    from shardgen.loading import memory
    from shardgen.stores import load_writers
    from shardgen.tables import dataset
    from shardgen.world import vocabulary

    with contextlib.suppress(Exception):  # whoever needs it tells what cannot be read; here it would end all workers
        load_writers()
        dataset()
        vocabulary.read()
    memory.do_without_pandas()


gc.disable()
_read()
gc.freeze()
gc.enable()
