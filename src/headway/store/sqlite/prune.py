"""Retention of what is heavy: logs, then whole records, leave the month's archive; the job's row stays.

A log leaves the archive before the row says so: a step that breaks off in between is done again. A whole record leaves
it after the row says so, as in a purge, and what a killed process left of it is remembered and deleted by the next step.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec

from headway.store.protocol import Pruned, Retention
from headway.store.sqlite import archive, month
from headway.store.sqlite.connect import open_archive, translated
from headway.store.sqlite.statements import SQL
from headway.store.sqlite.transaction import Row, Transaction, as_json

NO_LOG: Final = 1
SUMMARY: Final = 2
"""What the column `pruned` says."""
RETENTION_SETTING: Final = "retention"
NO_LINES: Final = "[]"

_LINES: Final = month.Record.__struct_fields__.index("lines")


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """What a worker wrote down."""

    at_us: int
    retention: Retention


_decode_kept: Final = msgspec.json.Decoder(_Kept).decode


def prune(
    tx: Transaction, folder: Path, logs_before_us: int | None, bodies_before_us: int | None, limit: int
) -> Pruned:
    """One step of both; bodies first, as a log that goes with its record needs no step of its own."""
    archive.clear_purged(tx, folder)
    bodies = 0
    if bodies_before_us is not None:
        found = tx.rows("prunable_bodies", {"before": bodies_before_us, "limit": limit})
        for path, ids in _by_month(folder, found):
            archive.drop_later(tx, path, ids)
        bodies = _mark(tx, found, SUMMARY)
    logs = lines = 0
    if logs_before_us is not None and bodies < limit:
        found = tx.rows("prunable_logs", {"before": logs_before_us, "limit": limit - bodies})
        lines = sum(_drop_lines(tx, path, ids) for path, ids in _by_month(folder, found))
        logs = _mark(tx, found, NO_LOG)
    return Pruned(logs=logs, lines=lines, bodies=bodies)


def _by_month(folder: Path, found: Sequence[Row]) -> list[tuple[Path, list[int]]]:
    months: defaultdict[Path, list[int]] = defaultdict(list)
    for job_id, created_at in found:
        months[month.month_file(folder, created_at)].append(job_id)
    return sorted(months.items())


def _mark(tx: Transaction, found: Sequence[Row], stage: int) -> int:
    return tx.change("mark_pruned", {"ids": as_json([row[0] for row in found]), "pruned": stage}) if found else 0


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
                if fields[_LINES] == NO_LINES or month.checksum(fields) != expected:
                    continue
                dropped += len(msgspec.json.decode(fields[_LINES], type=list[Any]))
                fields[_LINES] = NO_LINES
                connection.execute(month.ARCHIVE_SQL["put"], (*fields, month.checksum(fields)))
        connection.execute("COMMIT")
    archive.unseal(tx, path)
    return dropped


def keep(tx: Transaction, retention: Retention) -> None:
    """Write down how long a worker keeps what, and when it said so."""
    value = as_json(_Kept(at_us=tx.now_us, retention=retention))
    tx.change("set_setting", {"name": RETENTION_SETTING, "value": value})


def kept(connection: sqlite3.Connection) -> tuple[Retention | None, int | None]:
    """What the worker that purged last wrote down, and when."""
    rows = connection.execute(SQL["setting"], {"name": RETENTION_SETTING}).fetchall()
    found = _decode_kept(rows[0][0]) if rows else None
    return (None, None) if found is None else (found.retention, found.at_us)
