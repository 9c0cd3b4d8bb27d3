"""Connections and sessions of SQLAlchemy, over whatever driver."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headway.store.callers.caller import no_transaction
from headway.store.callers.parameters import bare
from headway.store.callers.sqlite import is_autocommit
from headway.store.guest import SQLITE, Rows


class SqlalchemyCaller:
    """A `Connection` or a `Session`."""

    def __init__(self, connection: Any, *, is_session: bool) -> None:
        self._connection = connection
        self._is_session = is_session

    def open(self) -> str:
        """Both begin by themselves; SQLite's driver may have been told to commit each statement."""
        connection = self._connection.connection() if self._is_session else self._connection
        return checked(connection.dialect.name, connection.connection.driver_connection)

    def run(self, text: str, values: Mapping[str, Any]) -> Rows:
        """As text, which goes as it is to the driver."""
        from sqlalchemy import text as as_text

        result = self._connection.execute(as_text(bare(text)), dict(values))
        return [tuple(row) for row in result.fetchall()] if result.returns_rows else []

    def begin(self) -> str:
        """It begins by itself."""
        return self.open()

    @property
    def is_open(self) -> bool:
        """As the driver has it."""
        return bool(self._connection.in_transaction())

    def commit(self) -> None:
        """As it does it."""
        self._connection.commit()

    def roll_back(self) -> None:
        """As it does it."""
        self._connection.rollback()


class AsyncSqlalchemyCaller:
    """An `AsyncConnection` or an `AsyncSession`."""

    def __init__(self, connection: Any, *, is_session: bool) -> None:
        self._connection = connection
        self._is_session = is_session

    async def open(self) -> str:
        """As a blocking one."""
        connection = await self._connection.connection() if self._is_session else self._connection
        raw = await connection.get_raw_connection()
        return checked(connection.dialect.name, raw.driver_connection)

    async def run(self, text: str, values: Mapping[str, Any]) -> Rows:
        """As text, which goes as it is to the driver."""
        from sqlalchemy import text as as_text

        result = await self._connection.execute(as_text(bare(text)), dict(values))
        return [tuple(row) for row in result.fetchall()] if result.returns_rows else []

    async def begin(self) -> str:
        """It begins by itself."""
        return await self.open()

    @property
    def is_open(self) -> bool:
        """As the driver has it."""
        return bool(self._connection.in_transaction())

    async def commit(self) -> None:
        """As it does it."""
        await self._connection.commit()

    async def roll_back(self) -> None:
        """As it does it."""
        await self._connection.rollback()


def checked(dialect: str, driver: Any) -> str:
    """On PostgreSQL our savepoint tells whether there is a transaction."""
    if dialect == SQLITE and is_autocommit(driver):
        raise no_transaction()
    return dialect
