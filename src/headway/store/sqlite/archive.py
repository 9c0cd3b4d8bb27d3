"""The archive in files: one for each month.

A commit over two files is not atomic, so nothing is moved in one step: copy, durable commit there, then delete here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec

from headway.store.sqlite import month
from headway.store.sqlite.connect import open_archive, translated
from headway.store.verbs.record import Placed, Record, checksum
from headway.store.verbs.transaction import Transaction, as_json

NO_LINES: Final = "[]"
_LINES: Final = Record.__struct_fields__.index("lines")


class MonthFiles:
    """What `store/verbs/record.py` promises, in the files of one folder."""

    def __init__(self, folder: Path) -> None:
        """The folder in which they are, or will be."""
        self.folder = folder

    def put(self, tx: Transaction, jobs: Sequence[Placed]) -> None:
        """Copy these jobs into their months' files."""
        for path, ids in self._by_month(jobs):
            month.put(path, tx.rows("record_of", {"ids": as_json(ids)}), tx.now_us)
            unseal(tx, path)

    def get(self, tx: Transaction, job_id: int, created_us: int) -> Record | None:  # noqa: ARG002 - a file of its own
        """One record."""
        return month.get(month.month_file(self.folder, created_us), job_id)

    def payloads(
        self,
        tx: Transaction,  # noqa: ARG002 - files of their own
        jobs: Sequence[Placed],
        values: Mapping[str, object],
    ) -> list[tuple[int, str | None, bool | None]]:
        """Arguments of records."""
        found: list[tuple[int, str | None, bool | None]] = []
        for path, ids in self._by_month(jobs):
            found += month.payloads(path, {**values, "ids": as_json(ids)})
        return found

    def take_out(self, tx: Transaction, job_id: int, created_us: int) -> None:
        """Delete a copy after the commit; should that fail, the main file wins."""
        _drop_after_commit(tx, month.month_file(self.folder, created_us), [job_id])

    def drop(self, tx: Transaction, jobs: Sequence[Placed]) -> None:
        """Delete records after the commit; should that fail, a later `clear` does it."""
        for path, ids in self._by_month(jobs):
            if path.exists():
                tx.change("remember_purged", {"month": month.month_in(path), "ids": as_json(ids)})
                _drop_after_commit(tx, path, ids)

    def empty_logs(self, tx: Transaction, jobs: Sequence[Placed]) -> int:
        """Delete the log lines of these records; answers how many."""
        return sum(_drop_lines(tx, path, ids) for path, ids in self._by_month(jobs))

    def clear(self, tx: Transaction) -> None:
        """Delete what the latest purge may have left in the months' files, had it been killed just after its commit."""
        left: defaultdict[str, list[int]] = defaultdict(list)
        for name, job_id in tx.rows("purged_jobs"):
            left[name].append(job_id)
        for name, ids in left.items():
            month.drop(month.file_of(self.folder, name), ids, tx.now_us)
        if left:
            tx.change("forget_purged")

    def _by_month(self, jobs: Sequence[Placed]) -> Iterator[tuple[Path, list[int]]]:
        months: defaultdict[Path, list[int]] = defaultdict(list)
        for job_id, created_us in jobs:
            months[month.month_file(self.folder, created_us)].append(job_id)
        yield from sorted(months.items())


def unseal(tx: Transaction, path: Path) -> None:
    """A month's file changes: what is remembered of its seal is void. A crash between the two leaves it to the sealer."""
    tx.change("unseal_month", {"month": month.month_in(path)})


class _Drops:
    """Records that leave their months after a commit: one write for each month, however many jobs it is."""

    def __init__(self, now_us: int) -> None:
        self._now_us = now_us
        self._months: defaultdict[Path, list[int]] = defaultdict(list)

    def add(self, path: Path, ids: Sequence[int]) -> None:
        self._months[path] += ids

    def __call__(self) -> None:
        for path, ids in sorted(self._months.items()):
            month.drop(path, ids, self._now_us)


def _drop_after_commit(tx: Transaction, path: Path, ids: Sequence[int]) -> None:
    unseal(tx, path)
    drops = next((one for one in tx.after_commit if isinstance(one, _Drops)), None)
    if drops is None:
        drops = _Drops(tx.now_us)
        tx.after_commit.append(drops)
    drops.add(path, ids)


def _drop_lines(tx: Transaction, path: Path, ids: Sequence[int]) -> int:
    """Empty the logs of these records; answers how many lines that were. A damaged record is left for the audit to tell."""
    if not path.exists():
        return 0
    dropped = 0
    with translated(path), closing(open_archive(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(month.ARCHIVE_SQL["create"])
        connection.execute(month.ARCHIVE_SQL["create_seal"])
        connection.execute(month.ARCHIVE_SQL["reopen"], {"now": tx.now_us})
        for job_id in ids:
            for *fields, expected in connection.execute(month.ARCHIVE_SQL["get"], (job_id,)).fetchall():
                if fields[_LINES] == NO_LINES or checksum(fields) != expected:
                    continue
                dropped += len(msgspec.json.decode(fields[_LINES], type=list[Any]))
                fields[_LINES] = NO_LINES
                connection.execute(month.ARCHIVE_SQL["put"], (*fields, checksum(fields)))
        connection.execute("COMMIT")
    unseal(tx, path)
    return dropped
