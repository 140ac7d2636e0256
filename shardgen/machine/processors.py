"""What this machine offers: the CPUs that this process may use."""

from __future__ import annotations

import os


def cpus() -> int:
    """CPUs that this process may use: those of its affinity where the system has such a thing."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
