"""Connections of Django, which are asked for and never imported: Django is the application's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headway.store.callers.caller import aborted, no_transaction
from headway.store.callers.parameters import as_pyformat
from headway.store.guest import Rows


class DjangoCaller:
    """`django.db.connection`, or one of `django.db.connections`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._atomic: Any = None

    def open(self) -> str:
        """Django commits each statement by itself outside of `atomic` blocks."""
        connection = self._connection
        if connection.needs_rollback:
            raise aborted()
        if connection.get_autocommit() and not connection.in_atomic_block:
            raise no_transaction()
        return str(connection.vendor)

    def run(self, text: str, values: Mapping[str, Any]) -> Rows:
        """By names, as Django reads them for every database."""
        with self._connection.cursor() as cursor:
            cursor.execute(as_pyformat(text), dict(values) or None)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description is not None else []

    def begin(self) -> str:
        """As an `atomic` block of Django's own."""
        from django.db import transaction  # type: ignore[import-untyped] # whoever has such a connection has Django

        self._atomic = transaction.atomic(using=self._connection.alias, durable=True)
        self._atomic.__enter__()
        return str(self._connection.vendor)

    @property
    def is_open(self) -> bool:
        """As the driver has it."""
        return bool(self._connection.in_atomic_block)

    def commit(self) -> None:
        """The end of the block."""
        self._atomic.__exit__(None, None, None)

    def roll_back(self) -> None:
        """The end of the block, after an error."""
        self._connection.set_rollback(True)
        self._atomic.__exit__(None, None, None)
