"""The looking half: each operation reads one consistent snapshot on a connection that cannot write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.store.reading import Desk
from headway.store.sqlite.runner import Reading
from headway.store.verbs.reader import ReadDesk

if TYPE_CHECKING:
    from pathlib import Path

    from headway.model.clock import Clock
    from headway.store.sqlite.archive import MonthFiles


class SqliteReader(Desk, ReadDesk):
    """Reads of one store."""

    def __init__(self, main: Path, clock: Clock, archive: MonthFiles) -> None:
        """Remember where; open nothing."""
        self._clock = clock
        super().__init__(lambda: Reading(main, self._clock, archive))
