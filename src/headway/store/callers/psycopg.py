"""Connections of psycopg 3, blocking and awaited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from headway.store.callers.caller import aborted, no_transaction
from headway.store.callers.parameters import as_pyformat
from headway.store.guest import POSTGRES, Rows

PREPARES: Final = False
"""What is ours leaves nothing in the session, which behind a pooler goes to somebody else with the next transaction."""
IDLE: Final = 0
IN_ERROR: Final = 3
"""libpq's numbers of the states of a transaction."""


class PsycopgCaller:
    """A `psycopg.Connection`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def open(self) -> str:
        """A transaction is open, or begins with the first statement."""
        return opened(self._connection)

    def run(self, text: str, values: Mapping[str, Any]) -> Rows:
        """On a cursor of its own kind: the connection's rows may be of any shape."""
        from psycopg import Cursor
        from psycopg.rows import tuple_row

        with Cursor(self._connection, row_factory=tuple_row) as cursor:
            cursor.execute(as_pyformat(text).encode(), values or None, prepare=PREPARES)
            return cursor.fetchall() if cursor.description is not None else []

    def begin(self) -> str:
        """With BEGIN where it commits by itself."""
        if self._connection.autocommit and state_of(self._connection) == IDLE:
            self.run("BEGIN", {})
        return opened(self._connection)

    @property
    def is_open(self) -> bool:
        """As the driver has it."""
        return state_of(self._connection) != IDLE

    def commit(self) -> None:
        """As the connection does it."""
        self._connection.commit()

    def roll_back(self) -> None:
        """As the connection does it."""
        self._connection.rollback()


class AsyncPsycopgCaller:
    """A `psycopg.AsyncConnection`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def open(self) -> str:
        """A transaction is open, or begins with the first statement."""
        return opened(self._connection)

    async def run(self, text: str, values: Mapping[str, Any]) -> Rows:
        """On a cursor of its own kind: the connection's rows may be of any shape."""
        from psycopg import AsyncCursor
        from psycopg.rows import tuple_row

        async with AsyncCursor(self._connection, row_factory=tuple_row) as cursor:
            await cursor.execute(as_pyformat(text).encode(), values or None, prepare=PREPARES)
            return await cursor.fetchall() if cursor.description is not None else []

    async def begin(self) -> str:
        """With BEGIN where it commits by itself."""
        if self._connection.autocommit and state_of(self._connection) == IDLE:
            await self.run("BEGIN", {})
        return opened(self._connection)

    @property
    def is_open(self) -> bool:
        """As the driver has it."""
        return state_of(self._connection) != IDLE

    async def commit(self) -> None:
        """As the connection does it."""
        await self._connection.commit()

    async def roll_back(self) -> None:
        """As the connection does it."""
        await self._connection.rollback()


def state_of(connection: Any) -> int:
    """How its transaction stands."""
    return int(connection.info.transaction_status)


def opened(connection: Any) -> str:
    """Refuse one without a transaction, or with a broken one."""
    state = state_of(connection)
    if state == IN_ERROR:
        raise aborted()
    if state == IDLE and connection.autocommit:
        raise no_transaction()
    return POSTGRES
