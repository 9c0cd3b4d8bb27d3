"""The schema: numbered files, forward only, each applied once in a transaction of its own. Queued jobs survive."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from psycopg import errors

from headway.store.migration import Migration, pending, read_migrations
from headway.store.postgres.clock import NOW
from headway.store.postgres.statements import ours

if TYPE_CHECKING:
    from headway.store.postgres.connect import Connection
    from headway.store.postgres.place import PostgresPlace

FOLDER: Final = Path(__file__).with_name("migrations")
LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('headway migrate'), hashtext(%s))"
LOCK_WAIT: Final = "SET LOCAL lock_timeout = '2s'"
LOCK_TRIES: Final = 30
LOCK_PAUSE_S: Final = 1.0

APPLIED: Final = f"INSERT INTO headway_schema (version, applied_at, digest) VALUES (%s, {NOW}, %s)"  # noqa: S608 - fixed words


def migrations(folder: Path = FOLDER) -> tuple[Migration, ...]:
    """Every step, in order."""
    return read_migrations(folder)


def schema_version(connection: Connection, schema: str) -> int:
    """The version of the schema; 0 when it has no headway tables."""
    table = f'"{schema}".headway_schema'
    if connection.execute("SELECT to_regclass(%s) IS NULL", (table,)).fetchall()[0][0]:
        return 0
    text = f"SELECT coalesce(max(version), 0) FROM {table}"  # noqa: S608 - a name that was checked
    value: int = connection.execute(ours(text)).fetchall()[0][0]
    return value


def migrate(connection: Connection, place: PostgresPlace, *, asked: bool = False) -> tuple[int, int]:
    """Bring the schema to this code's version; answers which it had, and which it has.

    Many may do it at once: one does, the others wait. Raises SchemaTooNew for one of newer code, and leaves it alone; SchemaTooOld when
    nobody `asked`, and changes are not allowed otherwise. Then the connection is closed.
    """
    try:
        return _migrate(connection, place, asked=asked)
    except BaseException:
        connection.close()
        raise


def _migrate(connection: Connection, place: PostgresPlace, *, asked: bool) -> tuple[int, int]:
    steps = migrations()
    found, newest = schema_version(connection, place.schema), steps[-1].version
    for step in pending(str(place), found, steps, asked=asked):
        _apply(connection, place.schema, step)
    return found, newest


def _apply(connection: Connection, schema: str, step: Migration) -> None:
    """A step that waits for somebody's open transaction would hold up all who come after it: it steps back and tries again."""
    pause = threading.Event()
    for _ in range(LOCK_TRIES - 1):
        try:
            _try(connection, schema, step)
        except errors.LockNotAvailable:
            pause.wait(LOCK_PAUSE_S)
        else:
            return
    _try(connection, schema, step)


def _try(connection: Connection, schema: str, step: Migration) -> None:
    with connection.transaction():
        connection.execute(LOCK, (schema,))
        if schema_version(connection, schema) >= step.version:
            return  # another process was faster
        connection.execute(LOCK_WAIT)
        connection.execute(ours(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
        connection.execute(ours(f'SET LOCAL search_path TO "{schema}", pg_catalog'))
        connection.execute(ours(step.text))
        connection.execute(APPLIED, (step.version, step.digest))
