"""What is copied: every table of ours but those that belong to one place, row by row in the order of its key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import msgspec

from headway.model.failure import clean
from headway.store.verbs.transaction import Row, Transaction

Key = tuple[Any, ...]

JOBS: Final = "headway_job"
NODES: Final = "headway_node"
RECORDS: Final = "headway_record"
STAY: Final = frozenset({
    "headway_schema",
    "headway_deleted",  # the highest number of SQLite; `Side.numbers` carries it
    "headway_month",  # seals of files
    "headway_purged",
    "headway_turn",  # runs that live in a process
})  # fmt: skip
"""Tables that belong to one place."""
OWN_SETTINGS: Final = ("identity", "sweep", "held", "history", "moved", "copying", "copier", "works_with")
"""Settings that belong to one place."""
WHERE: Final = MappingProxyType(
    {"headway_setting": "name NOT IN (" + ", ".join(f"'{name}'" for name in OWN_SETTINGS) + ")"}
)
BLOCK_ROWS: Final = 2_000
NUMBERED: Final = MappingProxyType({
    "headway_event": "id",
    "headway_node": "id",
    "headway_rate": "id",
    "headway_batch": "id",
    "headway_turn": "id",
    "headway_schedule": "id",
    "headway_act": "id",
    "headway_outbox": "number",
})  # fmt: skip
"""Tables whose rows get their numbers from a sequence, and the column; the jobs' is asked for by itself."""
BOOT_MOVED: Final = "moved"


class Table(msgspec.Struct, frozen=True):
    """A table, its columns in the order of their names, and those of its key."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    def key_of(self, row: Row) -> Key:
        """Where a row stands."""
        return tuple(row[self.columns.index(name)] for name in self.key)


def blocks(tx: Transaction, table: Table, after: Key | None) -> Iterator[list[Row]]:
    """The rows behind a key, some thousands at a time."""
    key, columns = _listed(table.key), _listed(table.columns)
    own = own_rows(table)
    while True:
        values: dict[str, Any] = {"limit": BLOCK_ROWS}
        beyond = ""
        if after is not None:
            values |= {f"k{number}": part for number, part in enumerate(after)}
            beyond = f" AND ({key}) > ({', '.join(f':k{number}' for number in range(len(after)))})"
        rows = tx.query(
            f"SELECT {columns} FROM {table.name} WHERE {own}{beyond} ORDER BY {key} LIMIT :limit",  # noqa: S608 - names of the catalogue
            values,
        )
        if rows:
            yield [moved(table, plain(row)) for row in rows]
        if len(rows) < BLOCK_ROWS:
            return
        after = table.key_of(rows[-1])


def plain(row: Row) -> Row:
    r"""A row that every store takes: a NUL, which SQLite keeps in a text and PostgreSQL does not, is written as `\x00`."""
    if not any(isinstance(value, str) and "\0" in value for value in row):
        return row
    return tuple(clean(value) if isinstance(value, str) else value for value in row)


def moved(table: Table, row: Row) -> Row:
    """A row as it is in its new place: of a node only its past comes along, so what it ran is given back as after a crash."""
    if table.name != NODES:
        return row
    changed = {"lease_boot": 0, "boot_id": BOOT_MOVED}
    return tuple(changed.get(name, value) for name, value in zip(table.columns, row, strict=True))


def own_rows(table: Table) -> str:
    """The condition for those of its rows that are copied."""
    return WHERE.get(table.name, "1 = 1")


def any_row(tx: Transaction, table: Table) -> bool:
    """Whether it holds anything that would be copied."""
    own = own_rows(table)
    return bool(tx.query(f"SELECT 1 FROM {table.name} WHERE {own} LIMIT 1"))  # noqa: S608 - names of the catalogue


def count(tx: Transaction, table: Table) -> int:
    """How many rows would be copied."""
    own = own_rows(table)
    found: int = tx.query(f"SELECT count(*) FROM {table.name} WHERE {own}")[0][0]  # noqa: S608 - names of the catalogue
    return found


def archived(tx: Transaction, after: int) -> list[tuple[int, int]]:
    """The next jobs whose records lie in the archive: number, and moment of creation."""
    text = "SELECT id, created_at FROM headway_job WHERE archived = 1 AND id > :after ORDER BY id LIMIT :limit"
    return [(row[0], row[1]) for row in tx.query(text, {"after": after, "limit": BLOCK_ROWS})]


def in_order(tables: Mapping[str, Table]) -> Sequence[Table]:
    """Jobs first: they are what an interrupted copy is judged by."""
    return sorted(tables.values(), key=lambda one: (one.name != JOBS, one.name))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
