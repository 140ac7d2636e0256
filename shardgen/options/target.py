"""From settings to the place that they mean; the embedded server is asked, or started, where none is named."""

from __future__ import annotations

from collections.abc import Callable

from shardgen.errors import ConfigError, ServerError, VerificationError
from shardgen.events import Event, Notice
from shardgen.options.settings import Settings
from shardgen.stores import Store, open_lake, open_store


def there(settings: Settings) -> Store:
    """The target; the embedded server must be running.

    Raises:
        ServerError: it does not.
    """
    if settings.target.lake:
        return open_lake(settings.target.lake)
    return open_store(dsn_of(settings), settings.schema)


def proved(settings: Settings) -> Store:
    """The target, for what says nothing where the embedded server does not run.

    Raises:
        VerificationError: it does not.
    """
    try:
        return there(settings)
    except ServerError as error:
        raise VerificationError(error) from error


def started(settings: Settings, show: Callable[[Event], None]) -> Store:
    """The target; the embedded server is started where none is named."""
    if not settings.target.embedded:
        return there(settings)
    from shardgen.embedded import server

    running = server.start(server.data_dir(settings.get("data_dir")), on_notice=lambda text: show(Notice(text=text)))
    return open_store(running.dsn, settings.schema)


def dsn_of(settings: Settings) -> str:
    """The connection string of a target that is a database; the embedded server must be running.

    Raises:
        ServerError: it does not.
    """
    dsn = settings.target.dsn
    return url(settings) if dsn is None else dsn


def url(settings: Settings) -> str:
    """The connection string of the embedded server.

    Raises:
        ServerError: it does not run.
    """
    from shardgen.embedded import server

    return server.url(server.data_dir(settings.get("data_dir")))


def home(settings: Settings) -> str | None:
    """Home of the embedded server; None if nobody named one, and there is no usual place for it."""
    from shardgen.embedded import server

    named = settings.get("data_dir")
    try:
        return str(server.data_dir(named))
    except ConfigError:
        if named is not None:
            raise
        return None
