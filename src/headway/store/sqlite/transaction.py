"""One open transaction, as the verbs see it: named statements, the store's own time, and what to do after the commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from headway.model.clock import Clock
from headway.store.presence import Bystander
from headway.store.sqlite.statements import BY_ROWS, SQL

Parameters = Mapping[str, Any] | Sequence[Any]
Row = tuple[Any, ...]

_encode = msgspec.json.Encoder().encode


class Transaction:
    """A connection inside BEGIN ... COMMIT. Verbs are functions of it and may be run again after a rollback."""

    __slots__ = (
        "after_commit",
        "boot_us",
        "careful",
        "clock",
        "completed",
        "connection",
        "ended",
        "folder",
        "keys",
        "lanes",
        "next_id",
        "now_us",
        "opened",
        "touched",
        "wake",
    )

    def __init__(
        self, connection: sqlite3.Connection, clock: Clock, *, careful: bool = False, folder: Path | None = None
    ) -> None:
        """Read the time: the transaction has begun, so it is not stale by a wait."""
        self.connection = connection
        self.clock = clock
        self.now_us = clock.now_us()
        self.boot_us = clock.boot_us()
        self.careful = careful
        """This is a second run, alone, after the group failed: look twice before inserting."""
        self.folder = folder
        """Where the months' archives are, for verbs that were not told."""
        self.wake = False
        """Workers should look at the store after the commit."""
        self.next_id: int | None = None
        self.ended: list[Bystander] = []
        """Jobs that ended here, and not because an attempt was settled."""
        self.touched: set[int] = set()
        """Jobs with ties that came, or changed their state; `aftermath.follow` looks after what hangs on them."""
        self.lanes: set[tuple[str, str]] = set()
        """Named workers (with their apps) whose line must be looked at, though no job of theirs was touched."""
        self.keys: set[tuple[str, str]] = set()
        """Concurrency keys, in the same way."""
        self.opened: set[int] = set()
        """Jobs that became ready because it is their turn in a line, and were not granted here: workers are rung for them."""
        self.completed: dict[int, int] = {}
        """By batch: members that completed here, are marked as counted already, and are still to be counted."""
        self.after_commit: list[Callable[[], None]] = []
        """Done after the commit, still under the writer lock; what they leave undone must be harmless."""

    def rows(self, name: str, parameters: Parameters = ()) -> list[Row]:
        """Run a named statement and fetch everything (a half-read cursor would hold the lock)."""
        return self.connection.execute(SQL[name], parameters).fetchall()

    def row(self, name: str, parameters: Parameters = ()) -> Row | None:
        """The first row, or None."""
        rows = self.connection.execute(SQL[name], parameters).fetchall()
        return rows[0] if rows else None

    def change(self, name: str, parameters: Parameters = ()) -> int:
        """Run a named statement that changes rows; answers how many."""
        return self.connection.execute(SQL[name], parameters).rowcount

    def insert(self, name: str, parameters: Parameters) -> int:
        """Run a named statement that inserts one row; answers its number."""
        return self.connection.execute(SQL[name], parameters).lastrowid or 0

    def many(self, name: str, rows: Iterable[Parameters]) -> None:
        """Run a named statement once per row."""
        self.connection.executemany(SQL[name], rows)

    def blocks(self, name: str, values: Sequence[Any]) -> None:
        """Run a statement for many rows, given as their values one after the other, in few steps."""
        block = BY_ROWS[name]
        start, end = 0, len(values)
        for size, text in block.texts:
            step = size * block.width
            while end - start >= step:
                self.connection.execute(text, values[start : start + step])
                start += step

    def touch(self, ids: Sequence[int]) -> None:
        """These changed their state: have looked after those of them that something hangs on."""
        self.touched.update(row[0] for row in self.rows("tied_jobs", {"ids": as_json(ids)}))

    def event(self, job_id: int, epoch: int, kind: str, *, by: str | None = None, note: str | None = None) -> None:
        """Write down an unusual transition."""
        self.connection.execute(SQL["insert_event"], (job_id, epoch, self.now_us, kind, by, note))


def as_json(value: object) -> str:
    """Compact JSON text, for parameters that are read with json_each."""
    return _encode(value).decode()
