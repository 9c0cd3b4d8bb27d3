"""Connections of Python's own sqlite3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headway.store.callers.caller import no_transaction
from headway.store.guest import SQLITE, Rows


class SqliteCaller:
    """A `sqlite3.Connection`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def open(self) -> str:
        """A transaction is open, or begins with the first change."""
        if is_autocommit(self._connection):
            raise no_transaction()
        return SQLITE

    def run(self, text: str, values: Mapping[str, Any]) -> Rows:
        """On a cursor whose rows are plain."""
        cursor = self._connection.cursor()
        try:
            cursor.row_factory = None
            cursor.execute(text, dict(values))
            return [tuple(row) for row in cursor.fetchall()]
        finally:
            cursor.close()

    def begin(self) -> str:
        """At once as a writer: one that becomes it later may find that it cannot."""
        if not self._connection.in_transaction:
            self.run("BEGIN IMMEDIATE", {})
        return SQLITE

    @property
    def is_open(self) -> bool:
        """As the driver has it."""
        return bool(self._connection.in_transaction)

    def commit(self) -> None:
        """With the statement, which is right in every mode of the driver but one."""
        self._end("COMMIT")

    def roll_back(self) -> None:
        """See commit."""
        self._end("ROLLBACK")

    def _end(self, word: str) -> None:
        if self._connection.in_transaction:
            self.run(word, {})


def is_autocommit(connection: Any) -> bool:
    """Whether the next change would be committed by itself."""
    if connection.in_transaction:
        return False
    return connection.isolation_level is None or getattr(connection, "autocommit", None) is True
