"""Statements that no transaction may hold: above all an index that is made while everybody works.

Interrupted, such a statement leaves an index behind that nobody may use, and that every write pays for. Whoever comes next drops it
and makes it again.

Behind a pooler a statement of its own is as good as anywhere: what it needs of its session is said in it. But nobody can lift the
limits of a session that is another one the next moment, and the pooler has to have a second one while the first keeps the lock.
Where there are limits, or no second one, nothing is begun: to be cut off after an hour, again and again, helps nobody.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import psycopg

from headway.model.clock import SystemClock
from headway.model.errors import StoreUnavailable
from headway.store.postgres.probe import ANSWERS, say
from headway.store.postgres.statements import ours, qualified

if TYPE_CHECKING:
    from headway.store.migration import Migration
    from headway.store.postgres.connect import Connection
    from headway.store.postgres.place import PostgresPlace

LIMITS: Final = ("statement_timeout", "lock_timeout")
"""It waits for every transaction that is open, and nobody waits behind it."""
LIMITED: Final = "SELECT name FROM pg_settings WHERE name = ANY (%s) AND setting <> '0' ORDER BY name DESC"
NO_SECOND: Final = (
    "schema step {version} of the store {place} needs a second session while the first one keeps the migrators' lock, and got none "
    "within seconds; run headway migrate with a URL that leads past the pooler to the server itself, or give the pooler more sessions"
)
CUT_SHORT: Final = (
    "schema step {version} of the store {place} is taken beside the running work and may take long, and {limits} would cut it short: "
    "behind a pooler that cannot be lifted; run headway migrate with a URL that leads past the pooler to the server itself"
)
COMMENT: Final = re.compile(r"--.*")
MADE: Final = re.compile(r"CREATE (?:UNIQUE )?INDEX CONCURRENTLY (headway_\w+) ON ")
IS_VALID: Final = """
SELECT index.indisvalid FROM pg_index AS index JOIN pg_class AS class ON class.oid = index.indexrelid
JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE namespace.nspname = %s AND class.relname = %s
"""


def run_outside(connection: Connection, place: PostgresPlace, step: Migration) -> None:
    """Run the one statement of a step on a connection that commits by itself; what an interrupted one left is dropped first.

    Raises StoreUnavailable, and has done nothing, where it could not be done through the pooler.
    """
    try:
        say(connection, ANSWERS, SystemClock().monotonic)
    except psycopg.OperationalError as error:
        raise StoreUnavailable(NO_SECOND.format(version=step.version, place=place)) from error
    if connection.recognise():
        for limit in LIMITS:
            connection.execute(ours(f"SET {limit} = 0"))
    elif limits := connection.execute(LIMITED, (list(LIMITS),)).fetchall():
        words = " and ".join(name for (name,) in limits)
        raise StoreUnavailable(CUT_SHORT.format(version=step.version, place=place, limits=words))
    _make(connection, place.schema, step.text)


def _make(connection: Connection, schema: str, text: str) -> None:
    statement = " ".join(COMMENT.sub("", text).split())
    made = MADE.match(statement)
    if made is None:
        connection.execute(ours(qualified(statement, schema)))
        return
    found = connection.execute(IS_VALID, (schema, made[1])).fetchall()
    if found and found[0][0]:
        return  # made, and interrupted before that was written down
    if found:
        connection.execute(ours(f'DROP INDEX CONCURRENTLY "{schema}".{made[1]}'))
    connection.execute(ours(made[0] + qualified(statement[made.end() :], schema)))
