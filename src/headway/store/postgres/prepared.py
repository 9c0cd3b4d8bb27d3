"""The hot statements, kept ready by the server: to read and to plan one of them takes it five times as long as to run it.

What is kept ready belongs to a session, so it is done only where the connection goes straight to the server. Through a pooler
every statement goes with its values inside, as all the others do.
"""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg
from psycopg import errors

from headway.store.postgres.statements import ours, statements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psycopg.abc import RV, PQGen

    from headway.store.verbs.transaction import Parameters

NUMBER: Final = "bigint"
TEXT: Final = "text"
HOT: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({
    "turn_facts": {"id": NUMBER, "now": NUMBER},
    "next_due": {},
    "ready_groups": {"app": TEXT, "since": NUMBER},
    "ready_jobs": {
        "app": TEXT, "queue": TEXT, "name": TEXT, "since": NUMBER, "now": NUMBER, "limit": NUMBER, "skip": NUMBER,
    },
    "grant_jobs": {"ids": TEXT, "node_id": NUMBER, "now": NUMBER, "floor": NUMBER},
    "held_jobs": {"ids": TEXT},
    "fenced_jobs": {"ids": TEXT, "node_id": NUMBER},
    "complete_jobs": {"ids": TEXT, "now": NUMBER},
})  # fmt: skip
"""The parameters of each, with their types: the server must know them before it knows the values."""
SETTINGS: Final = "; ".join(
    f"SET LOCAL {setting}"
    for setting in (
        "plan_cache_mode = force_generic_plan",
        "enable_seqscan = off",
        "enable_hashjoin = off",
        "enable_mergejoin = off",
    )
)
"""One plan for all values, and by the indexes, whatever the statistics say: a plan is kept until the next ones are gathered, and
most are made when the tables are empty, where to read all of them seems the quickest.
"""
LOST: Final = (errors.InvalidSqlStatementName, errors.DuplicatePreparedStatement)
"""What is raised where it was another session after all."""
_VALUE: Final = re.compile(r"%\((\w+)\)s")


class OwnConnection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that knows what the server keeps ready for it."""

    is_direct: bool = False
    """Nobody stands between us and the server: what is prepared is there at the next statement."""
    ready: frozenset[str] = frozenset()
    """The statements that are prepared, by schema and name."""
    waits: int = 0
    """Odd while the server is waited for: it is one more with each beginning and each end."""

    def wait(self, gen: PQGen[RV], *args: Any, **options: Any) -> RV:
        """As psycopg waits, and counted."""
        self.waits += 1
        try:
            return super().wait(gen, *args, **options)
        finally:
            self.waits += 1

    def recognise(self) -> bool:
        """Find out, and answer, whether the server itself answers. A pooler gives its clients a number that is none of the server's."""
        row = self.execute("SELECT pg_backend_pid()").fetchone()
        self.is_direct = row is not None and row[0] == self.info.backend_pid
        return self.is_direct

    def doubt(self, error: BaseException) -> None:
        """If what was prepared was not there, somebody stands in between after all, who gives us one session or another."""
        if isinstance(error, LOST):
            self.is_direct = False


def run_ready(
    connection: OwnConnection, name: str, parameters: Parameters, schema: str, *, first: bool
) -> psycopg.Cursor[Any] | None:
    """Run a statement that is kept ready; None for one that is not, or not here. `first`: of those in its transaction."""
    if name not in HOT or not connection.is_direct:
        return None
    prepare, execute = texts(name, schema)
    _keep_ready(connection, prepare, execute)
    if not first:
        return connection.execute(execute, parameters)
    cursor = connection.execute(ours(f"{SETTINGS}; {execute}"), parameters)
    while cursor.nextset():
        pass
    return cursor


def kept_ready(connection: OwnConnection, name: str, text: str) -> str:
    """How to run a statement without parameters that is kept ready from now on."""
    execute = f'EXECUTE "{name}"'
    _keep_ready(connection, ours(f'PREPARE "{name}" AS {text}'), execute)
    return execute


def _keep_ready(connection: OwnConnection, prepare: LiteralString, execute: str) -> None:
    if execute not in connection.ready:
        connection.execute(prepare)
        connection.ready |= {execute}


@lru_cache(maxsize=64)
def texts(name: str, schema: str) -> tuple[LiteralString, LiteralString]:
    """How it is prepared, and how it is run."""
    kinds = HOT[name]
    places = {one: f"${number}" for number, one in enumerate(kinds, start=1)}
    text = _VALUE.sub(lambda found: places[found[1]], statements(schema)[name]).replace("%%", "%")
    types = f" ({', '.join(kinds.values())})" if kinds else ""
    values = f" ({', '.join(f'%({one})s' for one in kinds)})" if kinds else ""
    ident = f'"headway {name}"' if schema == "headway" else f'"headway {schema} {name}"'
    return ours(f"PREPARE {ident}{types} AS {text}"), ours(f"EXECUTE {ident}{values}")
