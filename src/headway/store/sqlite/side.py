"""A store in SQLite files as one side of a copy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from headway.store.moving.table import JOBS, NUMBERED, STAY, Table, own_rows
from headway.store.sqlite import month
from headway.store.sqlite.archive import MonthFiles, unseal
from headway.store.sqlite.connect import MOVED, open_reader, reading_archive, translated
from headway.store.sqlite.transaction import SqliteTransaction

if TYPE_CHECKING:
    from headway.store.place import Place
    from headway.store.sqlite.store import SqliteStore
    from headway.store.verbs.record import Placed
    from headway.store.verbs.transaction import Row, Transaction

CHANGES: Final = ("INSERT", "UPDATE", "DELETE")
DOOR: Final = "moved_"
"""So begin the names of the triggers that refuse changes."""
COPIER_SETTING: Final = "copier"
"""Who has written this in its transaction is let through."""
CREATED: Final = 5
"""The moment of creation among the columns of a record."""


class SqliteSide:
    """See `store/moving/side.py` for what each promises."""

    def __init__(self, store: SqliteStore, place: Place) -> None:
        """The store, open."""
        self.store = store
        self._place = place

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A transaction of its own."""
        with translated(self._place.main), closing(open_reader(self._place.main)) as connection:
            connection.execute("BEGIN")
            yield SqliteTransaction(connection, self.store.clock, MonthFiles(self._place.folder))

    def tables(self, tx: Transaction) -> Mapping[str, Table]:
        """As the file itself describes them."""
        found = tx.query("SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 8) = 'headway_'")
        return {name: _table(tx, name) for (name,) in found if name not in STAY}

    def add(self, tx: Transaction, table: Table, rows: Sequence[Row]) -> None:
        """Insert them."""
        assert isinstance(tx, SqliteTransaction)
        columns = ", ".join(f'"{name}"' for name in table.columns)
        marks = ", ".join("?" * len(table.columns))
        tx.connection.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({marks})", rows)  # noqa: S608 - names of the catalogue

    def records(self, tx: Transaction, jobs: Sequence[Placed]) -> list[Row]:  # noqa: ARG002 - files of their own
        """Each from its month's file."""
        months: defaultdict[Path, list[int]] = defaultdict(list)
        for job_id, created_us in jobs:
            months[month.month_file(self._place.folder, created_us)].append(job_id)
        found: dict[int, Row] = {}
        for path, ids in months.items():
            with translated(path), reading_archive(path) as connection:
                if connection is None or not month.has_records(connection):
                    continue
                for job_id in ids:
                    for row in connection.execute(month.ARCHIVE_SQL["get"], (job_id,)).fetchall():
                        found[job_id] = row
        return [found[job_id] for job_id, _ in jobs if job_id in found]

    def add_records(self, tx: Transaction, rows: Sequence[Row]) -> None:
        """Each into its month's file, before the transaction that says so commits."""
        months: defaultdict[Path, list[Row]] = defaultdict(list)
        for row in rows:
            months[month.month_file(self._place.folder, row[CREATED])].append(row)
        for path, of_month in sorted(months.items()):
            month.put_whole(path, of_month, tx.now_us)
            unseal(tx, path)

    def numbers(self, tx: Transaction) -> dict[str, int]:
        """Those that SQLite remembers, or the highest there are."""
        kept: dict[str, int] = dict(tx.query("SELECT name, seq FROM sqlite_sequence"))
        highest = {
            name: tx.query(f"SELECT coalesce(max({column}), 0) FROM {name}")[0][0]  # noqa: S608 - our own names
            for name, column in NUMBERED.items()
        }
        return {
            JOBS: tx.rows("last_job_id")[0][0],
            **{name: max(number, kept.get(name, 0)) for name, number in highest.items()},
        }

    def set_numbers(self, tx: Transaction, numbers: Mapping[str, int]) -> None:
        """Where SQLite remembers any; the others go on from the highest."""
        tx.query("UPDATE headway_deleted SET last_id = max(last_id, :number)", {"number": numbers[JOBS]})
        automatic = tx.query("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'")
        for (name,) in automatic:
            if name in numbers:
                tx.query("DELETE FROM sqlite_sequence WHERE name = :name", {"name": name})
                tx.query(
                    "INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :number)",
                    {"name": name, "number": numbers[name]},
                )

    def close_door(self, tx: Transaction, words: str) -> None:
        """Triggers: they are there for every process, and cost nothing while they are not."""
        self.open_door(tx)
        said = (MOVED + words).replace("'", "''")
        for name in self._guarded(tx):
            for change in CHANGES:
                tx.query(  # names of the catalogue, and words whose quotes are doubled
                    f"CREATE TRIGGER {DOOR}{change.lower()}_{name} BEFORE {change} ON {name} "  # noqa: S608 - see above
                    f"WHEN NOT EXISTS (SELECT 1 FROM headway_setting WHERE name = '{COPIER_SETTING}') "
                    f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
                )

    def open_door(self, tx: Transaction) -> None:
        """Drop them."""
        found = tx.query("SELECT name FROM sqlite_master WHERE type = 'trigger' AND substr(name, 1, 6) = 'moved_'")
        for (name,) in found:
            tx.query(f"DROP TRIGGER {name}")

    @contextmanager
    def passing(self, tx: Transaction) -> Iterator[None]:
        """A setting that is written and dropped in the same transaction: nobody else ever sees it."""
        tx.change("set_setting", {"name": COPIER_SETTING, "value": "1"})
        yield
        tx.change("drop_setting", {"name": COPIER_SETTING})

    def empty(self, tx: Transaction, tables: Iterable[Table]) -> None:
        """Triggers guard what people did, and note what is deleted: they are made again afterwards."""
        own = "type = 'trigger' AND substr(tbl_name, 1, 8) = 'headway_'"
        triggers = tx.query(f"SELECT name, sql FROM sqlite_master WHERE {own}")  # noqa: S608 - fixed words
        for name, _ in triggers:
            tx.query(f"DROP TRIGGER {name}")
        for table in tables:
            tx.query(f"DELETE FROM {table.name} WHERE {own_rows(table)}")  # noqa: S608 - names of the catalogue
        for _, text in triggers:
            tx.query(text)

    def settle_in(self, tables: Iterable[Table]) -> None:
        """Nothing is needed here."""

    def _guarded(self, tx: Transaction) -> list[str]:
        return [name for name in self.tables(tx) if name != "headway_setting"]


def _table(tx: Transaction, name: str) -> Table:
    columns = tx.query(f"PRAGMA table_info({name})")
    key = sorted((row[5], row[1]) for row in columns if row[5])
    return Table(name=name, columns=tuple(sorted(row[1] for row in columns)), key=tuple(one for _, one in key))
