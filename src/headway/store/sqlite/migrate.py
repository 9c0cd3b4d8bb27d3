"""The schema: numbered files, forward only, each applied once in a transaction of its own. Queued jobs survive."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from headway.model.clock import Clock
from headway.model.errors import StoreForeign
from headway.store.migration import (
    STANDING_SETTING,
    Migration,
    Standing,
    newest_of,
    pending,
    read_migrations,
    standing_of,
)
from headway.store.sqlite.statements import SQL

FOLDER: Final = Path(__file__).with_name("migrations")

TABLES: Final = "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('headway_schema', 'headway_setting')"


def migrations(folder: Path = FOLDER) -> tuple[Migration, ...]:
    """Every step, in order."""
    return read_migrations(folder)


def newest() -> int:
    """The schema that this code knows."""
    return newest_of(FOLDER)


def standing(connection: sqlite3.Connection) -> Standing:
    """What the file says of its schema; version 0 when it has no headway tables."""
    names = {row[0] for row in connection.execute(TABLES).fetchall()}
    if "headway_schema" not in names:
        return Standing(0, 0)
    version = connection.execute("SELECT coalesce(max(version), 0) FROM headway_schema").fetchall()[0][0]
    # In a schema that is far newer settings may be kept elsewhere: then it says nothing to this code.
    said = connection.execute(SQL["setting"], {"name": STANDING_SETTING}).fetchall() if len(names) > 1 else []
    return standing_of(version, said[0][0] if said else None)


def mark(connection: sqlite3.Connection) -> int:
    """A number that is another one whenever tables were changed."""
    number: int = connection.execute("PRAGMA schema_version").fetchone()[0]
    return number


def migrate(
    connection: sqlite3.Connection,
    clock: Clock,
    *,
    shared: bool,
    place: str,
    allowed: bool | None = None,
    steps: Sequence[Migration] | None = None,
) -> tuple[Migration, ...]:
    """Bring the file to this code's schema, or that of other `steps`; answers what was taken. The caller holds the writer lock.

    A file from newer code that does not work with this one is refused (SchemaTooNew) and left alone; a file of somebody else's in
    a place that should be all ours is refused (StoreForeign). SchemaTooOld: changes are not `allowed` (`pending`).
    """
    found = standing(connection)
    left = pending(place, found, migrations() if steps is None else steps, allowed=allowed)
    if found.version == 0 and not shared:
        others = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' LIMIT 1").fetchall()
        if others:
            msg = f"{place} is the database of another program (it has a table {others[0][0]!r}); give another place"
            raise StoreForeign(msg)
    for step in left:
        found = found.after(step)
        _apply(connection, clock, step, found)
    return tuple(left)


def _apply(connection: sqlite3.Connection, clock: Clock, step: Migration, after: Standing) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in statements(step.text):
            connection.execute(statement)
        connection.execute(
            "INSERT INTO headway_schema (version, applied_at, digest) VALUES (?, ?, ?)",
            (step.version, clock.now_us(), step.digest),
        )
        if after.said is not None:
            connection.execute(SQL["set_setting"], {"name": STANDING_SETTING, "value": after.said})
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
