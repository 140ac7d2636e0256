"""Imported by the process that workers are forked from: reads, once and whatever the load, what every worker needs."""

from __future__ import annotations

import contextlib

import shardgen.loading.worker
import shardgen.stores.postgres.copy  # noqa: F401
from shardgen.tables import dataset
from shardgen.world import vocabulary

with contextlib.suppress(Exception):  # what cannot be read is told by whoever needs it; here it would end all workers
    dataset()
    vocabulary.read()
