"""Variables that Kubernetes, and links of containers, set for every service around: they name no target of ours.

A Service named ``postgres`` gives each container of its namespace ``POSTGRES_PORT=tcp://10.0.0.1:5432``, which only
looks like a setting; one named ``shardgen-workers`` gives ``SHARDGEN_WORKERS_PORT``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

Variables = Mapping[str, str | None]
"""Variables by their name in lower case."""

_NAME: Final = re.compile(r"\w+_service_(host|port)(_\w+)?|\w+_port_\d+_(tcp|udp|sctp)(_(proto|port|addr))?")
_ADDRESS: Final = re.compile(r"(tcp|udp|sctp)://", re.IGNORECASE)


def without_services(variables: Variables) -> dict[str, str | None]:
    """Those that a person may have set."""
    return {name: value for name, value in variables.items() if not _is_of_service(name, value or "")}


def passed_over(variables: Variables, names: tuple[str, ...]) -> str:
    """A sentence on those of the names that hold a service's address; empty if none does."""
    found = [name for name in names if _is_of_service(name, variables.get(name) or "")]
    shown = ", ".join(f"{name.upper()}={_shown(variables[name] or '')}" for name in found)
    if not found:
        return ""
    return f"{shown} is what Kubernetes sets for a Service, and no port: passed over"


def _is_of_service(name: str, value: str) -> bool:
    return bool(_NAME.fullmatch(name) or (name.endswith("port") and _ADDRESS.match(value.strip())))


def _shown(value: str) -> str:
    return "***" if "@" in value else value
