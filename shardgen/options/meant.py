"""What somebody meant who named an option or a command that there is not: nearly the same word, or another tool's.

Better no suggestion than one that has nothing to do with what was asked for.
"""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import Final

from shardgen.errors import ConfigError

Meant = tuple[str, str]
"""An option by its name in Python, and a value, or none: ``("if_exists", "replace")``."""

_LIKE: Final = (
    0.75  # two letters swapped in a word of four; --force is like --workers by 0.63, start like status by 0.73
)

_REPLACE: Final = (("if_exists", "replace"), ("force", ""), ("yes", ""))
_TARGET: Final = (("dsn", ""), ("data_dir", ""))
_COUNTS: Final = (("n", ""), ("scale", ""), ("customers", ""), ("orders_per_day", ""))

_OPTIONS: Final[dict[str, tuple[Meant, ...]]] = {
    **dict.fromkeys(("force", "f", "overwrite", "replace", "recreate", "drop", "truncate", "clean", "wipe"), _REPLACE),
    **dict.fromkeys(("append", "add", "keep"), (("if_exists", "append"),)),
    **dict.fromkeys(("skip", "skip_existing", "ignore", "ignore_existing", "upsert"), (("on_conflict", "skip"),)),
    **dict.fromkeys(("host", "port", "user", "username", "password", "database", "dbname", "db"), _TARGET[:1]),
    **dict.fromkeys(
        ("url", "uri", "connection", "connection_string", "conn", "target", "server", "p", "d"), _TARGET[:1]
    ),
    **dict.fromkeys(("home", "datadir", "directory", "dir", "data", "pgdata"), _TARGET[1:]),
    **dict.fromkeys(("rows", "row", "count", "limit", "size", "volume", "records", "number", "num", "top"), _COUNTS),
    **dict.fromkeys(("factor", "scale_factor", "sf", "multiply"), (("scale", ""),)),
    **dict.fromkeys(("jobs", "j", "threads", "parallel", "processes", "concurrency"), (("workers", ""),)),
    **dict.fromkeys(("start", "begin", "since", "start_date", "from"), (("epoch", ""), ("days", ""))),
    **dict.fromkeys(("until", "to", "end_date", "stop", "today", "date"), (("end", ""),)),
    **dict.fromkeys(("months", "years", "weeks", "period", "window", "duration"), (("days", ""),)),
    **dict.fromkeys(("only", "include", "t", "relations", "relation"), (("tables", ""),)),
    **dict.fromkeys(("orders", "order_rate"), (("orders_per_day", ""),)),
    **dict.fromkeys(("sessions", "visits"), (("sessions_per_day", ""),)),
    **dict.fromkeys(("events", "clicks", "pages"), (("events_per_session", ""), ("sessions_per_day", ""))),
    **dict.fromkeys(("reviews",), (("review_rate", ""),)),
    **dict.fromkeys(("users", "people"), (("customers", ""),)),
    **dict.fromkeys(("random_seed", "random_state", "s"), (("seed", ""),)),
    **dict.fromkeys(("continue", "restart", "retry", "go_on"), (("resume", ""),)),
    **dict.fromkeys(("steal", "takeover", "unlock", "force_unlock"), (("take_over", ""),)),
    **dict.fromkeys(("check", "validate", "test"), (("verify", ""), ("level", ""))),
    **dict.fromkeys(("confirm", "assume_yes", "no_input", "non_interactive", "y", "batch"), (("yes", ""),)),
    **dict.fromkeys(("silent", "no_output"), (("quiet", ""),)),
    **dict.fromkeys(("debug", "trace"), (("verbose", ""),)),
    **dict.fromkeys(("log", "logfile", "logs"), (("log_file", ""),)),
    **dict.fromkeys(("no_progress", "no_bar"), (("progress", "none"), ("quiet", ""))),
    **dict.fromkeys(("timeout",), (("stall_timeout", ""),)),
    **dict.fromkeys(("retries", "max_retries", "tries"), (("attempts", ""),)),
    **dict.fromkeys(("batch_size", "chunk_size", "chunk_rows"), (("batch_rows", ""),)),
    **dict.fromkeys(("format", "as_json"), (("as_json", ""),)),
    **dict.fromkeys(("file", "out", "html", "save"), (("output", ""),)),
    **dict.fromkeys(("configuration", "config_file", "settings"), (("config", ""),)),
    **dict.fromkeys(("preset", "env", "environment"), (("profile", ""),)),
    **dict.fromkeys(("follow", "live"), (("watch", ""),)),
    **dict.fromkeys(("namespace",), (("schema", ""),)),
    **dict.fromkeys(("run_id", "id"), (("run", ""),)),
    **dict.fromkeys(("no_indexes", "without_indexes"), (("indexes", "none"),)),
    **dict.fromkeys(("create", "execute"), (("apply", ""),)),
    **dict.fromkeys(("fail_under", "fail_below", "threshold", "min_score"), (("min_f1", ""),)),
    **dict.fromkeys(("dry_run", "dryrun", "what_if", "explain", "estimate", "simulate"), (("plan", ""),)),
}
"""Options of other tools; of what is named here, that counts which is known where it is asked for. ``plan`` is a
command, see ``COMMANDS``."""

COMMANDS: Final[dict[str, str]] = {
    **dict.fromkeys(("generate", "run", "fill", "create", "seed", "import", "populate", "copy", "resume"), "load"),
    **dict.fromkeys(("check", "validate", "test", "prove"), "verify"),
    **dict.fromkeys(("estimate", "forecast", "dry-run", "preview", "explain"), "plan"),
    **dict.fromkeys(("show", "head", "rows", "peek"), "sample"),
    **dict.fromkeys(("sql", "query", "examples"), "queries"),
    **dict.fromkeys(("runs", "list", "ls", "history", "info", "watch"), "status"),
    **dict.fromkeys(("ddl", "migrate"), "schema"),
    **dict.fromkeys(("delete", "drop", "remove", "clean", "undo", "rollback", "truncate", "uninstall"), "reset"),
    **dict.fromkeys(("html", "charts", "dashboard"), "report"),
    **dict.fromkeys(("options", "settings", "env"), "config"),
    **dict.fromkeys(("psql", "connect", "shell"), "db psql"),
    **dict.fromkeys(("start", "serve", "server", "up"), "db start"),
    **dict.fromkeys(("stop", "down"), "db stop"),
    **dict.fromkeys(("url", "dsn"), "db url"),
}
"""Commands of other tools, and of ours at another place."""


def near(word: str, known: Collection[str]) -> list[str]:
    """Those that are nearly the same word, the nearest first."""
    swapped = [each for each in known if sorted(each) == sorted(word)]
    return swapped or get_close_matches(word, known, cutoff=_LIKE)


def options(name: str, known: Collection[str]) -> list[Meant]:
    """What an unknown option may have meant, among the known ones; names as in Python.

    Args:
        name: ``"force"``.
        known: options, and ``"plan"`` where that command can be named.
    """
    told = [meant for meant in _OPTIONS.get(name, ()) if meant[0] in known]
    return told or [(each, "") for each in near(name, known)]


def known(name: str, kind: str, among: Collection[str]) -> str:
    """The name itself.

    Args:
        name: what somebody wrote.
        kind: what that should be, for the error: ``"option"``.
        among: those there are.

    Raises:
        ConfigError: it is none of them.
    """
    if name in among:
        return name
    found = [f"{option!r}" + (f" ({value!r})" if value else "") for option, value in options(name, among)[:2]]
    instead = f"did you mean {' or '.join(found)}?" if found else f"use {', '.join(sorted(among))}"
    raise ConfigError(f"{kind} {name!r} is unknown", remedy=instead)
