"""The looking half: each operation reads one consistent snapshot on a connection that cannot write."""

from __future__ import annotations

from headway.store.sqlite.runner import Desk
from headway.store.verbs.reader import ReadDesk


class SqliteReader(Desk, ReadDesk):
    """Reads of one store."""
