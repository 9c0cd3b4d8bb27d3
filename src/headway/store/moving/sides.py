"""Opening a store as one side of a copy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from headway.store.open import open_store
from headway.store.place import parse_place
from headway.store.postgres.place import is_postgres, parse_postgres

if TYPE_CHECKING:
    from headway.store.moving.side import Side


@contextmanager
def opened(place: str) -> Iterator[Side]:
    """The store at a place, made if it is not there; closed in the end."""
    store = open_store(place)
    try:
        if is_postgres(place):
            from headway.store.postgres.side import PostgresSide
            from headway.store.postgres.store import PostgresStore

            assert isinstance(store, PostgresStore)
            yield PostgresSide(store, parse_postgres(place))
        else:
            from headway.store.sqlite.side import SqliteSide
            from headway.store.sqlite.store import SqliteStore

            assert isinstance(store, SqliteStore)
            yield SqliteSide(store, parse_place(place))
    finally:
        store.close()
