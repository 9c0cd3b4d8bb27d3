"""What both kinds of store can do when they are copied from, or into."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from headway.store.moving.table import Table
from headway.store.protocol import Store
from headway.store.verbs.record import Placed
from headway.store.verbs.transaction import Row, Transaction


class Side(Protocol):
    """One of the two stores of a copy."""

    @property
    def store(self) -> Store:
        """The store itself, open."""
        ...

    def reading(self) -> AbstractContextManager[Transaction]:
        """A transaction of its own that sees one moment, however long it takes."""
        ...

    def tables(self, tx: Transaction) -> Mapping[str, Table]:
        """Every table that is copied, by name; not the archive."""
        ...

    def add(self, tx: Transaction, table: Table, rows: Sequence[Row]) -> None:
        """Write rows that are not there yet."""
        ...

    def records(self, tx: Transaction, jobs: Sequence[Placed]) -> list[Row]:
        """The archived records of these jobs with their checksums, in the order of the jobs; those that are gone are left out."""
        ...

    def add_records(self, tx: Transaction, rows: Sequence[Row]) -> None:
        """Write records; repeating it is harmless."""
        ...

    def numbers(self, tx: Transaction) -> dict[str, int]:
        """The highest number that each numbered table has given out."""
        ...

    def set_numbers(self, tx: Transaction, numbers: Mapping[str, int]) -> None:
        """Let new rows have higher numbers than these."""
        ...

    def close_door(self, tx: Transaction, words: str) -> None:
        """Refuse every change of jobs and what belongs to them, from whichever process, with these words; repeating it changes them."""
        ...

    def open_door(self, tx: Transaction) -> None:
        """Allow changes again."""
        ...

    def passing(self, tx: Transaction) -> AbstractContextManager[None]:
        """Meanwhile this transaction, and no other, may change what lies behind the door."""
        ...

    def empty(self, tx: Transaction, tables: Iterable[Table]) -> None:
        """Delete all rows that were copied into these tables, acts too; the door is open."""
        ...

    def settle_in(self, tables: Iterable[Table]) -> None:
        """After all was written: what makes the first reads quick."""
        ...
