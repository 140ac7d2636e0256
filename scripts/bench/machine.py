"""Facts of the machine that a figure is worth nothing without."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
from pathlib import Path
from typing import Any

import psycopg

LIBRARIES = ("numpy", "pyarrow", "psycopg", "faker")


def facts(dsn: str, directory: Path) -> dict[str, Any]:
    """What the figures depend on."""
    with psycopg.connect(dsn) as connection:
        version = connection.info.parameter_status("server_version")
        settings = connection.execute(
            "SELECT name, current_setting(name) FROM pg_settings WHERE source = 'configuration file' ORDER BY name"
        ).fetchall()
    usage = shutil.disk_usage(directory)
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "disk_gib": round(usage.total / 2**30),
        "disk_free_gib": round(usage.free / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "postgresql": version,
        "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES},
        "load_average": round(os.getloadavg()[0], 2),
        "settings": dict(settings),
    }


def _cpu() -> str:
    """The model, as the kernel names it."""
    try:
        found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()
