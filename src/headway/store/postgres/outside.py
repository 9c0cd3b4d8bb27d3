"""Statements that no transaction may hold: above all an index that is made while everybody works.

Interrupted, such a statement leaves an index behind that nobody may use, and that every write pays for. Whoever comes next drops it
and makes it again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from headway.store.postgres.statements import ours, qualified

if TYPE_CHECKING:
    from headway.store.postgres.connect import Connection

LIMITS: Final = ("SET statement_timeout = 0", "SET lock_timeout = 0")
"""It waits for every transaction that is open, and nobody waits behind it."""
COMMENT: Final = re.compile(r"--.*")
MADE: Final = re.compile(r"CREATE (?:UNIQUE )?INDEX CONCURRENTLY (headway_\w+) ON ")
IS_VALID: Final = """
SELECT index.indisvalid FROM pg_index AS index JOIN pg_class AS class ON class.oid = index.indexrelid
JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE namespace.nspname = %s AND class.relname = %s
"""


def run_outside(connection: Connection, schema: str, text: str) -> None:
    """Run the one statement of a step on a connection that commits by itself; what an interrupted one left is dropped first."""
    connection.recognise()
    if connection.is_direct:  # behind a pooler it would be another session that has no limits
        for limit in LIMITS:
            connection.execute(ours(limit))
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
