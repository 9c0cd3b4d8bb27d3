"""The schema: numbered files, forward only, each applied once in a transaction of its own. Queued jobs survive.

Nobody waits long behind a step. One that needs a table which somebody's transaction holds would hold up all who come after it: it
steps back after half a second and tries again. Whoever waits for another migrator asks again and again and never inside a
statement: an index that is made concurrently waits for every statement that is older, and would never be done.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg

from headway.model.errors import StoreUnavailable
from headway.store.migration import (
    STANDING_SETTING,
    Migration,
    Standing,
    newest_of,
    pending,
    read_migrations,
    standing_of,
)
from headway.store.postgres.clock import NOW
from headway.store.postgres.connect import connect, is_conflict
from headway.store.postgres.outside import run_outside
from headway.store.postgres.statements import ours, statements

if TYPE_CHECKING:
    from headway.store.postgres.connect import Connection
    from headway.store.postgres.place import PostgresPlace

FOLDER: Final = Path(__file__).with_name("migrations")
MISSING: Final = "SELECT to_regclass(%s) IS NULL, to_regclass(%s) IS NULL"
ISOLATION: Final = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"
"""Between two statements such a transaction keeps no snapshot for which an index that is being made would wait."""
LOCK: Final = "SELECT pg_try_advisory_xact_lock(hashtext('headway migrate'), hashtext(%s))"
WRITERS: Final = "hashtext('headway'), hashtext('{}')"
"""The key of a schema's lock, which every transaction shares that writes."""
LOCK_WAIT: Final = "SET LOCAL lock_timeout = '500ms'"
LOCK_TRIES: Final = 60
LOCK_PAUSE_S: Final = 1.0
"""Longer than the wait: in between everybody else goes on."""
OTHERS_TRIES: Final = 3_000
"""How often one looks whether another migrator is done: for ten minutes."""
OTHERS_PAUSE_S: Final = 0.2
STAY: Final = "SET LOCAL idle_in_transaction_session_timeout = 0"

VERSION: Final = "(SELECT max(version) FROM headway_schema)"
"""As an expression: the last step that was taken."""
APPLIED: Final = f"INSERT INTO headway_schema (version, applied_at, digest) VALUES (%s, {NOW}, %s)"  # noqa: S608 - fixed words


def migrations(folder: Path = FOLDER) -> tuple[Migration, ...]:
    """Every step, in order."""
    return read_migrations(folder)


def newest() -> int:
    """The schema that this code knows."""
    return newest_of(FOLDER)


def standing(connection: Connection, schema: str) -> Standing:
    """What the schema says of itself; version 0 when it has no headway tables."""
    table, settings = f'"{schema}".headway_schema', f'"{schema}".headway_setting'
    missing, silent = connection.execute(MISSING, (table, settings)).fetchall()[0]
    if missing:
        return Standing(0, 0)
    text = f"SELECT coalesce(max(version), 0) FROM {table}"  # noqa: S608 - a name that was checked
    version: int = connection.execute(ours(text)).fetchall()[0][0]
    # In a schema that is far newer settings may be kept elsewhere: then it says nothing to this code.
    said = [] if silent else connection.execute(statements(schema)["setting"], {"name": STANDING_SETTING}).fetchall()
    return standing_of(version, said[0][0] if said else None)


def migrate(
    connection: Connection,
    place: PostgresPlace,
    *,
    allowed: bool | None = None,
    steps: Sequence[Migration] | None = None,
) -> tuple[Migration, ...]:
    """Bring the schema to this code's version, or that of other `steps`; answers what was taken here.

    Many may do it at once: one does, the others wait. Raises SchemaTooNew for one of newer code that does not work with this one, and
    leaves it alone; SchemaTooOld when changes are not `allowed` (`pending`); StoreUnavailable when somebody keeps the tables, or is
    still at it, for too long. Then the connection is closed.
    """
    known = migrations() if steps is None else steps
    try:
        left = pending(str(place), standing(connection, place.schema), known, allowed=allowed)
        taken = tuple(step for step in left if _apply(connection, place, step))
        if left:  # whoever was faster may have been newer
            pending(str(place), standing(connection, place.schema), known, allowed=allowed)
    except BaseException:
        connection.close()
        raise
    return taken


def _apply(connection: Connection, place: PostgresPlace, step: Migration) -> bool:
    """Take it, or wait until somebody else has; answers whether it was taken here."""
    take = _take_outside if step.is_outside else _take
    pause = threading.Event()
    held = others = 0
    while True:
        try:
            taken = _locked(connection, place, step, take)
        except psycopg.Error as error:
            held += 1
            if not is_conflict(error):
                raise
            if held > LOCK_TRIES:
                msg = (
                    f"the store {place} cannot be brought to schema {step.version}: somebody's transaction keeps its tables; "
                    "headway check names it; end it, then run headway migrate"
                )
                raise StoreUnavailable(msg) from error
            pause.wait(LOCK_PAUSE_S)
        else:
            if taken is not None:
                return taken
            others += 1
            if others > OTHERS_TRIES:
                msg = (
                    f"the store {place} is still being brought to schema {step.version} by another process; wait for it"
                )
                raise StoreUnavailable(msg)
            pause.wait(OTHERS_PAUSE_S)


_Take = Callable[["Connection", "PostgresPlace", Migration], None]


def _locked(connection: Connection, place: PostgresPlace, step: Migration, take: _Take) -> bool | None:
    """Take the step under the migrators' lock; None when another has it, False when another was faster."""
    with connection.transaction():
        connection.execute(ISOLATION)
        if not connection.execute(LOCK, (place.schema,)).fetchall()[0][0]:
            return None
        found = standing(connection, place.schema)
        if found.version >= step.version:
            return False
        take(connection, place, step)
        connection.execute(ours(f'SET LOCAL search_path TO "{place.schema}", pg_catalog'))
        connection.execute(APPLIED, (step.version, step.digest))
        said = found.after(step).said
        if said is not None:
            connection.execute(statements(place.schema)["set_setting"], {"name": STANDING_SETTING, "value": said})
    return True


def _take(connection: Connection, place: PostgresPlace, step: Migration) -> None:
    connection.execute(LOCK_WAIT)
    if step.works_with == step.version:  # whoever writes has looked at the schema before: let them finish
        connection.execute(ours(f"SELECT pg_advisory_xact_lock({WRITERS.format(place.schema)})"))
    connection.execute(ours(f'CREATE SCHEMA IF NOT EXISTS "{place.schema}"'))
    connection.execute(ours(f'SET LOCAL search_path TO "{place.schema}", pg_catalog'))
    connection.execute(ours(step.text))


def _take_outside(connection: Connection, place: PostgresPlace, step: Migration) -> None:
    """On a connection of its own; this one keeps the lock, and if it is lost nothing is written down."""
    connection.execute(STAY)
    with closing(connect(place, what="migrate")) as another:
        run_outside(another, place, step)
