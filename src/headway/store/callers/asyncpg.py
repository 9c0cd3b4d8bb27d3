"""Connections of asyncpg, out of a pool or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headway.model.errors import ConnectionRefused
from headway.store.callers.caller import no_transaction
from headway.store.callers.parameters import as_numbered, in_order
from headway.store.guest import POSTGRES, Rows


class AsyncpgCaller:
    """An `asyncpg.Connection`, or what a pool gives."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def open(self) -> str:
        """Outside of a transaction block each statement commits by itself."""
        if not self._connection.is_in_transaction():
            raise no_transaction()
        return POSTGRES

    async def run(self, text: str, values: Mapping[str, Any]) -> Rows:
        """By numbers."""
        numbered, names = as_numbered(text)
        if not names and not text.lstrip().upper().startswith(("SELECT", "--")):
            await self._connection.execute(numbered)
            return []
        return [tuple(row) for row in await self._connection.fetch(numbered, *in_order(names, values))]

    async def begin(self) -> str:
        """A transaction of our own."""
        if self._connection.is_in_transaction():
            raise ConnectionRefused(
                "a transaction is open on the connection: ctx.transaction begins and commits its own"
            )
        await self._connection.execute("BEGIN")
        return POSTGRES

    @property
    def is_open(self) -> bool:
        """As the driver has it."""
        return bool(self._connection.is_in_transaction())

    async def commit(self) -> None:
        """End it."""
        await self._connection.execute("COMMIT")

    async def roll_back(self) -> None:
        """Undo it."""
        await self._connection.execute("ROLLBACK")
