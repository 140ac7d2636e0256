"""What the command line does, as functions for scripts and notebooks: the same options, sources and errors.

An option that is not given is looked for in ``SHARDGEN_*``, ``.env`` and ``shardgen.toml``, as ``settings`` says.
"""

from __future__ import annotations

from shardgen.api.asked import changes, plan, queries, report, reset, sample, status, story, table, truth, url, verify
from shardgen.api.dirty import answers, grade
from shardgen.api.loads import advance, claim, commit, load, load_part
from shardgen.options.keywords import Options

__all__ = [
    "Options",
    "advance",
    "answers",
    "changes",
    "claim",
    "commit",
    "grade",
    "load",
    "load_part",
    "plan",
    "queries",
    "report",
    "reset",
    "sample",
    "status",
    "story",
    "table",
    "truth",
    "url",
    "verify",
]
