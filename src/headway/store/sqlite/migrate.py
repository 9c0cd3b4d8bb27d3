"""The schema: numbered files, forward only, each applied once in a transaction of its own. Queued jobs survive."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from headway.model.clock import Clock
from headway.model.errors import StoreForeign
from headway.store.migration import Migration, pending, read_migrations

FOLDER: Final = Path(__file__).with_name("migrations")


def migrations(folder: Path = FOLDER) -> tuple[Migration, ...]:
    """Every step, in order."""
    return read_migrations(folder)


def schema_version(connection: sqlite3.Connection) -> int:
    """The version of the file; 0 when it has no headway tables."""
    rows = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'headway_schema'").fetchall()
    if not rows:
        return 0
    value: int = connection.execute("SELECT coalesce(max(version), 0) FROM headway_schema").fetchall()[0][0]
    return value


def migrate(connection: sqlite3.Connection, clock: Clock, *, shared: bool, place: str, asked: bool = False) -> None:
    """Bring the file to this code's schema; the caller holds the writer lock.

    A file from newer code is refused (SchemaTooNew) and left alone; a file of somebody else's in a place that should
    be all ours is refused (StoreForeign). SchemaTooOld: nobody `asked`, and changes are not allowed otherwise.
    """
    found = schema_version(connection)
    left = pending(place, found, migrations(), asked=asked)
    if found == 0 and not shared:
        others = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' LIMIT 1").fetchall()
        if others:
            msg = f"{place} is the database of another program (it has a table {others[0][0]!r}); give another place"
            raise StoreForeign(msg)
    for step in left:
        _apply(connection, clock, step)


def _apply(connection: sqlite3.Connection, clock: Clock, step: Migration) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in statements(step.text):
            connection.execute(statement)
        connection.execute(
            "INSERT INTO headway_schema (version, applied_at, digest) VALUES (?, ?, ?)",
            (step.version, clock.now_us(), step.digest),
        )
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def statements(text: str) -> list[str]:
    """The statements of a file, one by one (executescript would commit what came before)."""
    found: list[str] = []
    rest = ""
    for line in text.splitlines(keepends=True):
        rest += line
        if sqlite3.complete_statement(rest):
            if rest.strip():
                found.append(rest.strip())
            rest = ""
    return found
