"""The archive in a table: a partition for each month of creation. Copy and delete are one transaction here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from headway.model.clock import to_us
from headway.model.errors import StoreForeign
from headway.store.postgres.plain import NotPlain
from headway.store.postgres.transaction import PostgresTransaction
from headway.store.verbs.record import Placed, Record, checksum, month_of
from headway.store.verbs.transaction import Transaction, as_json

NO_LINES: Final = "[]"
_LINES: Final = Record.__struct_fields__.index("lines")


class RecordTable:
    """What `store/verbs/record.py` promises, in the table `headway_record`."""

    def put(self, tx: Transaction, jobs: Sequence[Placed]) -> None:
        """Copy these jobs, each into its month's partition."""
        for month, of_month in _by_month(jobs):
            make_month(tx, month)
            rows = tx.rows("record_of", {"ids": as_json([job_id for job_id, _ in of_month])})
            tx.blocks("put_record", [value for row in rows for value in (*row, checksum(row))])

    def get(self, tx: Transaction, job_id: int, created_us: int) -> Record | None:
        """One record."""
        row = tx.row("record_at", {"id": job_id, "created": created_us})
        if row is None:
            return None
        *fields, expected = row
        if checksum(fields) != expected:
            msg = f"the archived record of job {job_id} is damaged; restore the table headway_record from a backup"
            raise StoreForeign(msg)
        return Record(*fields)

    def payloads(
        self, tx: Transaction, jobs: Sequence[Placed], values: Mapping[str, object]
    ) -> list[tuple[int, str | None, bool | None]]:
        """Arguments of records."""
        moments = [created_us for _, created_us in jobs]
        wanted = {**values, "ids": as_json([job_id for job_id, _ in jobs]), "from": min(moments), "until": max(moments)}
        return [(row[0], row[1], row[2]) for row in tx.rows("record_payloads", wanted)]

    def take_out(self, tx: Transaction, job_id: int, created_us: int) -> None:
        """Delete a record."""
        self.drop(tx, [(job_id, created_us)])

    def drop(self, tx: Transaction, jobs: Sequence[Placed]) -> None:
        """Delete records; a month that has none left loses its partition."""
        for month, of_month in _by_month(jobs):
            begins, ends = bounds(month)
            values = {"ids": as_json([job_id for job_id, _ in of_month]), "from": begins, "until": ends}
            if tx.change("drop_records", values) and not tx.rows("any_record", values):
                _drop_month(tx, month)

    def empty_logs(self, tx: Transaction, jobs: Sequence[Placed]) -> int:
        """Delete the log lines of these records."""
        dropped = 0
        for job_id, created_us in jobs:
            row = tx.row("record_at", {"id": job_id, "created": created_us})
            if row is None:
                continue
            *fields, expected = row
            if fields[_LINES] == NO_LINES or checksum(fields) != expected:
                continue
            dropped += len(msgspec.json.decode(fields[_LINES], type=list[Any]))
            fields[_LINES] = NO_LINES
            tx.change("put_record", (*fields, checksum(fields)))
        return dropped

    def clear(self, tx: Transaction) -> None:
        """Nothing is ever left: what is dropped is dropped in the transaction."""


def bounds(month: str) -> tuple[int, int]:
    """The first moment of a month that is given as 2026-11, and the first one after it."""
    begins = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    return to_us(begins), to_us((begins + timedelta(days=31)).replace(day=1))


def _by_month(jobs: Sequence[Placed]) -> Iterator[tuple[str, list[Placed]]]:
    found: defaultdict[str, list[Placed]] = defaultdict(list)
    for one in jobs:
        found[month_of(one[1])].append(one)
    yield from sorted(found.items())


def make_month(tx: Transaction, month: str) -> None:
    """Make a month's partition; harmless when it is there. It is made alone: NotPlain where others may write meanwhile."""
    table = _table(month)
    if tx.query(f"SELECT to_regclass('{table}') IS NOT NULL")[0][0]:
        return
    assert isinstance(tx, PostgresTransaction)
    if not tx.alone:
        raise NotPlain(table)
    begins, ends = bounds(month)
    tx.query(f"CREATE TABLE {table} PARTITION OF headway_record FOR VALUES FROM ({begins}) TO ({ends})")


def _drop_month(tx: Transaction, month: str) -> None:
    tx.query(f"DROP TABLE IF EXISTS {_table(month)}")


def _table(month: str) -> str:
    return f"headway_record_{month.replace('-', '_')}"
