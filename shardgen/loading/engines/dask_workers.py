"""What single workers of a Dask cluster are asked: what is installed there, and their nannies how one ended.

All of it runs in the thread of the connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from platform import python_version
from typing import Final

from distributed import Client

from shardgen.loading.engines import needs

_ANSWER: Final = 10.0  # seconds for a worker to say what is installed there
_LAST_WORDS: Final = 1.5  # seconds for a nanny to say how its worker ended
_ENDED: Final = re.compile(r"Worker process (\d+) (?:was killed by signal (\d+)|exited with status (\d+))")
_FULL: Final = re.compile(r"\(pid=(\d+)\) exceeded \d+% memory budget")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A worker as the scheduler knows it."""

    address: str
    threads: int
    nanny: str | None
    """What restarts it, where there is such a thing."""


async def versions(client: Client, workers: Iterable[str], wanted: Mapping[str, str]) -> dict[str, str | None]:
    """By host, what is wrong with it in words, empty where nothing is; None by worker where it does not answer."""
    found: dict[str, str | None] = {}
    for host, text in await asyncio.gather(*(_version_of(client, worker, wanted) for worker in workers)):
        found[host] = found.get(host) or text  # workers of one host may have an installation each
    return found


async def _version_of(client: Client, worker: str, wanted: Mapping[str, str]) -> tuple[str, str | None]:
    """Of one worker, by functions that are there without shardgen."""

    async def told(function: Callable[..., str], *arguments: str) -> str:
        answers = client.run(function, *arguments, workers=[worker], on_error="return")
        answer = (await asyncio.wait_for(answers, _ANSWER)).get(worker, "")
        return "" if isinstance(answer, metadata.PackageNotFoundError) else str(answer)

    try:
        host, python = await told(socket.gethostname), needs.python(await told(python_version))
        found = {name: await told(metadata.version, name) for name in wanted if name != needs.PYTHON}
    except (TimeoutError, OSError):
        return worker, None
    return host, ", ".join(needs.differences(wanted, {needs.PYTHON: python, **found}))


class Ends:
    """How workers ended, each told once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._told: set[tuple[str, str]] = set()
        """Nannies and processes."""

    async def of(self, seen: Seen | None) -> str:
        """Process and exit code of a worker that ended, as its nanny tells; empty where nobody does."""
        if seen is None or seen.nanny is None:
            return ""
        with contextlib.suppress(Exception):
            return await asyncio.wait_for(self._asked(seen.nanny), _LAST_WORDS)
        return ""

    async def _asked(self, nanny: str) -> str:
        """A nanny has one worker at a time: the process that ended last, unless that was told before."""
        while True:
            lines = [text for _, text in await self._client.rpc(nanny).get_logs(n=50)]
            found = next(filter(None, map(_ENDED.search, lines)), None)
            if found and (nanny, found[1]) not in self._told:
                self._told.add((nanny, found[1]))
                return _ending(found, lines)
            await asyncio.sleep(0.1)


def _ending(found: re.Match[str], lines: list[str]) -> str:
    """What a nanny's log tells of a process."""
    pid, signum, code = found.groups()
    full = any(told and told[1] == pid for told in map(_FULL.search, lines))
    why = " (ended by Dask, whose limit of memory it came near)" if full else ""
    return f"pid={pid} exit={f'-{signum}' if signum else code}{why}"
