"""A store in a PostgreSQL schema as one side of a copy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

from psycopg import errors

from headway.model.errors import StoreBusy
from headway.store.moving.table import JOBS, NUMBERED, RECORDS, STAY, WHERE, Table, own_rows
from headway.store.postgres.archive import RecordTable, make_month
from headway.store.postgres.connect import MOVED_STATE, connect, translated
from headway.store.postgres.copying import lines_of
from headway.store.postgres.reader import BEGIN
from headway.store.postgres.statements import ours, qualified
from headway.store.postgres.transaction import PostgresTransaction
from headway.store.verbs.record import month_of

if TYPE_CHECKING:
    from headway.store.postgres.place import PostgresPlace
    from headway.store.postgres.store import PostgresStore
    from headway.store.verbs.record import Placed
    from headway.store.verbs.transaction import Row, Transaction

RECORD_COLUMNS: Final = (
    "id, ref_id, name, queue, state, created_at, finished_at, payload, options, extras, result, result_size, checkpoint, "
    "callback, links, fraction, message, status, stats, last_line, attempts, events, lines, checksum"
)
CREATED: Final = 5
"""The moment of creation among them."""
TABLES: Final = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attname COLLATE "C"),
    (SELECT array_agg(k.attname::text ORDER BY array_position(i.indkey::int2[], k.attnum))
     FROM pg_index AS i JOIN pg_attribute AS k ON k.attrelid = c.oid AND k.attnum = ANY (i.indkey)
     WHERE i.indrelid = c.oid AND i.indisprimary)
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = to_regnamespace(%s) AND c.relkind = 'r' AND NOT c.relispartition AND left(c.relname, 8) = 'headway_'
GROUP BY c.oid, c.relname
"""
WAIT: Final = "SET LOCAL lock_timeout = '5s'"
KEEPERS: Final = """
SELECT DISTINCT l.pid, a.application_name
FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE l.granted AND l.mode = 'RowExclusiveLock' AND c.relnamespace = to_regnamespace(%s) AND l.pid <> pg_backend_pid()
AND coalesce(a.application_name, '') NOT LIKE 'headway %%'
LIMIT 5
"""
"""What writes: our own writers are kept out by the lock of the schema."""
COPIER: Final = "headway.copier"
"""The transaction in which this is `yes` is let through the door."""
JOB_NUMBERS: Final = "headway_job_number"


class PostgresSide:
    """See `store/moving/side.py` for what each promises."""

    def __init__(self, store: PostgresStore, place: PostgresPlace) -> None:
        """The store, open."""
        self.store = store
        self._place = place

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A transaction of its own, on one snapshot."""
        with translated(self._place), closing(connect(self._place, what="copy")) as connection:
            cursor = connection.execute(BEGIN)
            while cursor.nextset():
                pass
            now_us: int = cursor.fetchall()[0][0]
            yield PostgresTransaction(
                connection, self.store.clock, RecordTable(), self._place.schema, now_us=now_us, boot_us=now_us
            )

    def tables(self, tx: Transaction) -> Mapping[str, Table]:
        """As the catalogue describes them."""
        found = _own(tx).connection.execute(TABLES, (f'"{self._place.schema}"',)).fetchall()
        return {
            name: Table(name=name, columns=tuple(columns), key=tuple(key))
            for name, columns, key in found
            if name not in STAY
        }

    def add(self, tx: Transaction, table: Table, rows: Sequence[Row]) -> None:
        """Copy them in."""
        columns = ", ".join(f'"{name}"' for name in table.columns)
        self._copy(tx, f"COPY {table.name} ({columns}) FROM STDIN", rows)

    def records(self, tx: Transaction, jobs: Sequence[Placed]) -> list[Row]:
        """By number and moment, which is the table's key."""
        columns = ", ".join(f"r.{name.strip()}" for name in RECORD_COLUMNS.split(","))
        text = self._ours(
            f"SELECT {columns} FROM unnest(%s::bigint[], %s::bigint[]) AS w(id, created_at) "  # noqa: S608 - fixed words
            f"JOIN {RECORDS} AS r ON r.created_at = w.created_at AND r.id = w.id ORDER BY r.id"
        )
        values = ([job_id for job_id, _ in jobs], [created_us for _, created_us in jobs])
        return _own(tx).connection.execute(ours(text), values).fetchall()

    def add_records(self, tx: Transaction, rows: Sequence[Row]) -> None:
        """Each into its month's partition."""
        for month in sorted({month_of(row[CREATED]) for row in rows}):
            make_month(tx, month)
        self._copy(tx, f"COPY {RECORDS} ({RECORD_COLUMNS}) FROM STDIN", rows)

    def numbers(self, tx: Transaction) -> dict[str, int]:
        """What the sequences gave out last."""
        found: dict[str, int] = {}
        for name in (JOBS, *NUMBERED):
            text = f"SELECT coalesce(pg_sequence_last_value('{self._sequence(name)}'), 0)"
            found[name] = _own(tx).connection.execute(ours(text)).fetchall()[0][0]
        return found

    def set_numbers(self, tx: Transaction, numbers: Mapping[str, int]) -> None:
        """Set the sequences."""
        for name, number in numbers.items():
            called = "true" if number else "false"
            _own(tx).connection.execute(ours(f"SELECT setval('{self._sequence(name)}', {max(number, 1)}, {called})"))

    def close_door(self, tx: Transaction, words: str) -> None:
        """Triggers: they wait for who writes past our lock, and cost nothing while they are not there.

        Everybody else waits behind them meanwhile, so they step back after five seconds: StoreBusy, which says who it was.
        """
        said = words.replace("'", "''")
        connection = _own(tx).connection
        connection.execute(WAIT)
        function = self._ours("headway_moved")
        connection.execute(
            ours(
                f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $moved$ "
                f"BEGIN IF current_setting('{COPIER}', true) IS DISTINCT FROM 'yes' THEN "
                f"RAISE EXCEPTION USING MESSAGE = '{said}', ERRCODE = '{MOVED_STATE}'; END IF; RETURN NULL; END $moved$"
            )
        )
        try:
            for name in self._guarded(tx):
                connection.execute(
                    ours(
                        f"CREATE OR REPLACE TRIGGER moved BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {self._ours(name)} "
                        f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
                    )
                )
        except errors.LockNotAvailable as error:
            msg = f"{self._keepers()} keeps tables of the store {self._place} in an open transaction; end it, or wait for it, and try again"
            raise StoreBusy(msg) from error

    def open_door(self, tx: Transaction) -> None:
        """Drop them."""
        _own(tx).connection.execute(ours(f"DROP FUNCTION IF EXISTS {self._ours('headway_moved')} CASCADE"))

    @contextmanager
    def passing(self, tx: Transaction) -> Iterator[None]:
        """A setting of the server's that ends with the transaction: to read it the triggers' callers need no right."""
        _own(tx).connection.execute(ours(f"SET LOCAL {COPIER} = 'yes'"))
        yield
        _own(tx).connection.execute(ours(f"SET LOCAL {COPIER} = 'no'"))

    def empty(self, tx: Transaction, tables: Iterable[Table]) -> None:
        """TRUNCATE, which no trigger of the acts' refuses, but of the settings those that came along."""
        names = [self._ours(table.name) for table in tables if table.name not in WHERE]
        _own(tx).connection.execute(ours(f"TRUNCATE {', '.join(names)}"))
        for table in tables:
            if table.name in WHERE:
                tx.query(f"DELETE FROM {table.name} WHERE {own_rows(table)}")  # noqa: S608 - names of the catalogue

    def settle_in(self, tables: Iterable[Table]) -> None:
        """Let the planner know what is there."""
        names = [self._ours(table.name) for table in tables] + [self._ours(RECORDS)]
        with translated(self._place), closing(connect(self._place, what="copy")) as connection:
            for name in names:
                connection.execute(ours(f"ANALYZE {name}"))

    def _guarded(self, tx: Transaction) -> list[str]:
        return [name for name in self.tables(tx) if name != "headway_setting"]

    def _keepers(self) -> str:
        """Who has written to the tables and not committed yet."""
        with translated(self._place), closing(connect(self._place, what="copy")) as connection:
            found = connection.execute(KEEPERS, (self._place.schema,)).fetchall()
        known = [f"process {pid}" + (f" ({name})" if name else "") for pid, name in found]
        return ", ".join(known) or "somebody"

    def _sequence(self, name: str) -> str:
        return self._ours(JOB_NUMBERS if name == JOBS else f"{name}_{NUMBERED[name]}_seq")

    def _ours(self, text: str) -> str:
        return qualified(text, self._place.schema)

    def _copy(self, tx: Transaction, text: str, rows: Sequence[Row]) -> None:
        with _own(tx).connection.cursor().copy(ours(self._ours(text))) as copy:
            copy.write(lines_of(rows))


def _own(tx: Transaction) -> PostgresTransaction:
    assert isinstance(tx, PostgresTransaction)
    return tx
