"""What holds in every session of ours, whatever server, database, role or environment say, and how it is made to hold.

A session that is ours alone is told once. Behind a pooler the session of the server may be anybody's after each
transaction, so there every transaction begins with what we need, and takes it along when it ends: nothing of ours is
relied on that a pooler could lose, and nothing is left to others.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

import psycopg
from psycopg import Copy, Cursor, IsolationLevel, sql
from psycopg.abc import Params, PQGen, Query, QueryNoTemplate
from psycopg.pq import TransactionStatus

from shardgen.stores.postgres import waits
from shardgen.stores.postgres.waits import Watch

Row = TypeVar("Row")

_TEXT: Final = {
    # how values are written, and how what we write is read
    "client_encoding": "UTF8",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "xmlbinary": "base64",
    "xmloption": "content",
    "array_nulls": "on",
    "quote_all_identifiers": "off",
    "standard_conforming_strings": "on",
    "backslash_quote": "safe_encoding",
    "escape_string_warning": "on",
    "lc_monetary": "C",
    "lc_numeric": "C",
    "lc_time": "C",
    "client_min_messages": "warning",
}
_MEANING: Final = {
    # what a statement means
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
    "transform_null_equals": "off",
    "row_security": "on",  # a load refuses such tables by name; for the others see WHOLE
    "gin_fuzzy_search_limit": "0",
    "restrict_nonsystem_relation_kind": "",
    "exit_on_error": "off",
}
_TIMEOUTS: Final = {
    "statement_timeout": "0",  # the claim, a leaf or an index may take hours
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "transaction_timeout": "0",
    "lock_timeout": "30s",  # for the ledger's key and the parent; a retry comes after it
}
_LIVENESS: Final = {
    "client_connection_check_interval": "5s",  # lets go of a backend whose client is gone in mid-statement,
    "tcp_keepalives_idle": "20",  # and of one that waits for a client whose host is gone (not on a Unix socket)
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
"""For sessions of our own; some platforms cannot poll, or have no such keepalives."""
SPOKEN_TO: Final = {"tcp_user_timeout": "50s"}
"""For sessions that are sent little, those of workers and of the coordinator: a server that has answered a host that is
gone waits a quarter of an hour otherwise, and keepalives do not count meanwhile. Who reads rows may stop for longer."""
_PLANS: Final = {
    # a plan that was forbidden makes hours of seconds; what costs what (random_page_cost, work_mem) stays the owner's
    "jit": "off",
    "plan_cache_mode": "auto",
    "constraint_exclusion": "partition",
    "debug_parallel_query": "off",
    "force_parallel_mode": "off",
    **dict.fromkeys(
        (
            "enable_bitmapscan",
            "enable_hashagg",
            "enable_hashjoin",
            "enable_indexonlyscan",
            "enable_indexscan",
            "enable_material",
            "enable_mergejoin",
            "enable_nestloop",
            "enable_partition_pruning",
            "enable_seqscan",
            "enable_sort",
        ),
        "on",
    ),
}
FIXED: Final = {**_TEXT, **_MEANING, **_TIMEOUTS, **_PLANS}
"""Parameters that any role may set; what a server of another version does not know is passed over."""
WHOLE: Final = {"row_security": "off"}
"""For who counts or deletes: rows that may not be seen are an error, as for pg_dump, and not an absence."""
PRIVILEGED: Final = {"lc_messages": "C", "session_replication_role": "origin"}
"""Parameters that only a superuser may set: for another role they stay what the administrator made them."""
KEPT: Final = (
    "default_transaction_read_only",  # a lock against writing is obeyed: a load refuses, and nothing is written
    "default_tablespace",
    "temp_tablespaces",
    "default_table_access_method",
    "default_toast_compression",
    "synchronous_commit",
    "role",
)
"""The owner's: they say where rows lie, how safe a commit is and who owns what, and change no value."""
_FIX: Final = sql.SQL(
    """SELECT pg_catalog.set_config('search_path', coalesce(
        %(path)s,
        (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(found.name), ', ')
            FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) AS found (name)
            WHERE found.name OPERATOR(pg_catalog.<>) 'pg_catalog'),
        ''), %(local)s),
    (SELECT pg_catalog.count(pg_catalog.set_config(fixed.name, fixed.value, %(local)s))
        FROM ROWS FROM (pg_catalog.unnest(%(names)s::pg_catalog.text[]),
            pg_catalog.unnest(%(values)s::pg_catalog.text[])) AS fixed (name, value)
        WHERE pg_catalog.current_setting(fixed.name, true) IS NOT NULL),
    (SELECT pg_catalog.count(pg_catalog.set_config(fixed.name, fixed.value, %(local)s))
        FROM ROWS FROM (pg_catalog.unnest(%(rare)s::pg_catalog.text[]),
            pg_catalog.unnest(%(rarities)s::pg_catalog.text[])) AS fixed (name, value)
        WHERE (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) current_user))"""
)
"""The search path stays the role's, for the sake of triggers and defaults of others, but pg_catalog comes first in it:
what the system's functions and operators are called nobody can take over."""
_LAST_WORDS: Final = 1.0
"""Seconds for the server to end a statement that we do not want any more, and as many to say so."""


class _Cursor(Cursor[Row]):
    """Gives a statement that stands alone a transaction with our settings, where the session is not ours."""

    def execute(self, query: QueryNoTemplate, params: Params | None = None, **how: Any) -> Any:  # type: ignore[override]
        with self._settled():
            return super().execute(query, params, **how)

    @contextlib.contextmanager
    def copy(self, statement: Query, params: Params | None = None, **how: Any) -> Iterator[Copy]:
        with self._settled(), super().copy(statement, params, **how) as copy:
            yield copy

    def _settled(self) -> contextlib.AbstractContextManager[object]:
        assert isinstance(self.connection, Connection)
        return self.connection.settled()


class Connection(psycopg.Connection[tuple[Any, ...]]):
    """A connection in autocommit mode in which our settings hold; see the module."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.cursor_factory = _Cursor
        self.own = True
        """Whether the session is ours alone until we close it."""
        self._settings: dict[str, str] = dict(FIXED)
        self._watch = Watch(None, None)

    def settle(self, another: Callable[[], psycopg.Connection[Any]] | None = None) -> None:
        """Find out whose session it is, and tell it what holds if it is ours.

        Args:
            another: makes another connection to the same server, to ask there what this one waits for.
        """
        self.isolation_level = IsolationLevel.READ_COMMITTED
        self.own = self.is_direct()
        if self.own:
            self._watch = Watch(self.info.backend_pid, another)
            self.make_own()

    def make_own(self) -> None:
        """Take the session for ours alone: what holds is told to it at once, and stays."""
        self.own = True
        self._tell(self._settings, local=False)
        try:
            self._tell(_LIVENESS, local=False)
        except psycopg.errors.InvalidParameterValue:
            for name, value in _LIVENESS.items():
                with contextlib.suppress(psycopg.errors.InvalidParameterValue):
                    self._tell({name: value}, local=False)

    def is_direct(self) -> bool:
        """Whether the server itself is at the other end: a pooler tells its clients other process ids."""
        found = psycopg.Cursor(self).execute("SELECT pg_catalog.pg_backend_pid()").fetchone()
        return found is not None and found[0] == self.info.backend_pid

    def fix(self, settings: Mapping[str, str]) -> None:
        """Let some more parameters hold from now on, outside a transaction."""
        self._settings |= settings
        if self.own:
            self._tell(self._settings, local=False)

    def wait(self, gen: PQGen[Row], *arguments: Any, **options: Any) -> Row:
        """What every statement goes through; whatever ends it before its time leaves no query behind."""
        try:
            return super().wait(self._watch.over(gen), *arguments, **options)
        except psycopg.errors.LockNotAvailable as error:
            if self._watch.cause:
                error.add_note(self._watch.cause)
            raise
        except psycopg.Error:
            raise
        except BaseException:
            self._give_up(gen)
            raise

    def _give_up(self, gen: PQGen[Any]) -> None:
        """Cancel the statement and hear what becomes of it, or part with the server if it says nothing."""
        if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
            return
        try:
            self.cancel_safe(timeout=_LAST_WORDS)
            super().wait(waits.within(gen, _LAST_WORDS))
        except psycopg.errors.QueryCanceled:
            pass
        except psycopg.Error:
            self.pgconn.finish()

    @contextlib.contextmanager
    def transaction(
        self,
        savepoint_name: str | None = None,
        force_rollback: bool = False,  # noqa: FBT001, FBT002  # psycopg's
    ) -> Iterator[psycopg.Transaction]:
        """A transaction, or within one a savepoint; see psycopg."""
        outermost = self._is_idle()
        with super().transaction(savepoint_name, force_rollback) as transaction:
            if outermost and not self.own:
                self._tell(self._settings, local=True)
            yield transaction

    def settled(self) -> contextlib.AbstractContextManager[object]:
        """What a statement has to run in, so that our settings hold."""
        return contextlib.nullcontext() if self.own or not self._is_idle() else self.transaction()

    def _is_idle(self) -> bool:
        return self.pgconn.transaction_status == TransactionStatus.IDLE

    def _tell(self, settings: Mapping[str, str], *, local: bool) -> None:
        """Set parameters for the session, or for the transaction."""
        named = {name: value for name, value in settings.items() if name != "search_path"}
        psycopg.Cursor(self).execute(
            _FIX,
            {
                "path": settings.get("search_path"),
                "local": local,
                "names": list(named),
                "values": list(named.values()),
                "rare": list(PRIVILEGED),
                "rarities": list(PRIVILEGED.values()),
            },
        )
