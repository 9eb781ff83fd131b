"""The database: how it is opened, and how it is brought to the tables of this version."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError

from ew4all.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from ew4all.api.settings import Settings

__all__ = ["Database", "now", "upgrade"]

_BUSY_MS = 10_000
"""How long a writer of SQLite waits for another one."""


def now() -> dt.datetime:
    """Return the time, UTC."""
    return dt.datetime.now(dt.UTC)


class Database:
    """Connections to the store.

    `begin` is one transaction that writes; `read` sees one state and writes nothing.
    """

    def __init__(self, settings: Settings) -> None:
        self.is_sqlite = settings.is_sqlite
        if self.is_sqlite:
            settings.data_dir.mkdir(parents=True, exist_ok=True)
        self.engine = _engine(settings)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a transaction that writes; it is rolled back by any error."""
        with self.engine.connect() as connection:
            connection.execution_options(writes=True)
            with connection.begin():
                yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only reads: one state of the store."""
        with self.engine.connect() as connection:
            yield connection

    def hold(self, connection: Connection, name: str) -> None:
        """Let nobody else who asks for the same name go on before this transaction has ended."""
        if not self.is_sqlite:  # SQLite has one writer at a time
            lock = text("SELECT pg_advisory_xact_lock(hashtext(:name))")
            connection.execute(lock, {"name": f"ew4all {name}"})

    def is_ready(self) -> bool:
        """Say whether the database answers."""
        try:
            with self.read() as connection:
                connection.execute(text("SELECT 1"))
        except (OperationalError, DBAPIError):
            return False
        return True

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _engine(settings: Settings) -> Engine:
    if not settings.is_sqlite:
        return create_engine(settings.store_url, pool_pre_ping=True, pool_size=10, max_overflow=20)
    engine = create_engine(
        settings.store_url, connect_args={"timeout": _BUSY_MS / 1000.0, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def _open(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun by us, not by the driver
        cursor = connection.cursor()
        # NORMAL keeps every committed transaction over a kill of the process; only a loss of power may take the last ones.
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            f"busy_timeout={_BUSY_MS}",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes the lock at once: taken at its first write, SQLite refuses it where another wrote since its first read.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def upgrade(settings: Settings) -> str:
    """Bring the tables to this version of the package; return the version reached.

    Raises
    ------
    ReadError
        The database cannot be opened, or is of a newer version of the package.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util.exc import CommandError

    database = Database(settings)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    head = ScriptDirectory.from_config(config).get_current_head() or ""
    try:
        with database.engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    except CommandError as error:
        msg = f"the store {_shown(settings)} was made by another version of ew4all ({error}): install that version, or restore a backup"
        raise ReadError(msg) from error
    except DBAPIError as error:
        msg = f"the store {_shown(settings)} cannot be opened: {error.orig}"
        raise ReadError(msg) from error
    finally:
        database.close()
    return head


def _shown(settings: Settings) -> str:
    from sqlalchemy.engine import make_url

    return make_url(settings.store_url).render_as_string(hide_password=True)
