"""One pass over a month's file in short reads: each record's checksum, and the hash of them all.

A long read would keep writers out of the file, and so hold up whoever has the writer lock. So each step is a read of
its own, and notes whether the file changed since the first.
"""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from headway.store.sqlite.connect import reading_archive
from headway.store.sqlite.month import ARCHIVE_SQL, Seal, month_in, seal_in
from headway.store.verbs.transaction import as_json

FIRST: Final = -(1 << 63)
DAMAGED_MAX: Final = 100
"""So many damaged records are named; more say nothing more."""


class Scan:
    """Reads a month from its first record to its last, however often it is interrupted."""

    def __init__(self, path: Path) -> None:
        """Nothing is read before the first step."""
        self.path = path
        self.month = month_in(path)
        self.over = False
        self.gone = False
        """There is no such file, or no more."""
        self.changed = False
        """It was written between two steps: the hash is of no one moment."""
        self.broken: str | None = None
        """Why it cannot be read on."""
        self.damaged: list[int] = []
        """Records that are not what was written."""
        self.jobs = 0
        self.seal: Seal | None = None
        """What the file says of itself."""
        self._hash = hashlib.sha256()
        self._after = FIRST
        self._begun = False

    def step(self, enough: Callable[[int], bool]) -> list[int]:
        """Read on until `enough(records so far)`; answers the ids. One record at a time is in memory."""
        ids: list[int] = []
        try:
            with reading_archive(self.path) as connection:
                if connection is None:
                    self.gone = self.over = True
                else:
                    self._read(connection, ids, enough)
        except sqlite3.Error as error:
            self.broken, self.over = f"{error} (after job {self._after})" if self._after > FIRST else str(error), True
        return ids

    def found(self) -> Seal | None:
        """What it read, as the file would say it; None when that is no whole and no sound month."""
        if not self.over or self.gone or self.changed or self.broken or self.damaged or self.seal is None:
            return None
        return Seal(self.seal.changed_at, self.jobs, self._hash.hexdigest())

    def _read(self, connection: sqlite3.Connection, ids: list[int], enough: Callable[[int], bool]) -> None:
        seal = seal_in(connection)
        if self._begun and (None if seal is None else seal.changed_at) != (self.seal and self.seal.changed_at):
            self.changed = True
        if not self._begun:
            self.seal, self._begun = seal, True
        if seal is None:
            self.over = True
            return
        for row in connection.execute(ARCHIVE_SQL["scan"], (self._after,)):
            self._take(row)
            ids.append(row[0])
            if enough(len(ids)):
                return
        self.over = True

    def _take(self, row: tuple[Any, ...]) -> None:
        *fields, checksum = row
        text = as_json(fields).encode()
        self._hash.update(text + b"\n")
        if zlib.crc32(text) != checksum and len(self.damaged) < DAMAGED_MAX:
            self.damaged.append(fields[0])
        self.jobs += 1
        self._after = fields[0]
