"""A month's archive: one plain SQLite file per month of creation (UTC), one row a job, each row with a checksum.

The file can be copied, moved or deleted while the system runs; deleting it loses that month's bodies and nothing else.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec

from headway.model.clock import from_us
from headway.model.errors import StoreForeign
from headway.store.sqlite.connect import open_archive, translated
from headway.store.sqlite.statements import load
from headway.store.sqlite.transaction import as_json

ARCHIVE_SQL: Final[Mapping[str, str]] = load(Path(__file__).with_name("archive_sql"))
FILE_PATTERN: Final = "jobs_????-??.db"


class Record(msgspec.Struct, frozen=True, array_like=True):
    """A job whole, as it lies in the archive; JSON texts are kept as texts."""

    id: int
    ref_id: str
    name: str
    queue: str
    state: str
    created_us: int
    finished_us: int | None
    payload: str
    options: str | None
    extras: str | None
    result: str | None
    result_size: int | None
    checkpoint: str | None
    fraction: float | None
    message: str | None
    status: str | None
    stats: str | None
    last_line: int | None
    attempts: str
    events: str
    lines: str


def month_of(created_us: int) -> str:
    """The month of creation, UTC, as in 2026-11: it alone decides where a job is archived."""
    return from_us(created_us).strftime("%Y-%m")


def month_file(folder: Path, created_us: int) -> Path:
    """The file of that month."""
    return folder / f"jobs_{month_of(created_us)}.db"


def checksum(fields: Sequence[Any]) -> int:
    """CRC-32 over the canonical JSON of a record: most flipped bits are silent to SQLite's own check."""
    return zlib.crc32(as_json(fields).encode())


def put(path: Path, rows: Iterable[tuple[Any, ...]]) -> None:
    """Copy records into the month's file, durably: when this returns they survive power loss. Repeating it is harmless."""
    with translated(path), closing(open_archive(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(ARCHIVE_SQL["create"])
        connection.executemany(ARCHIVE_SQL["put"], [(*row, checksum(row)) for row in rows])
        connection.execute("COMMIT")


def drop(path: Path, ids: Sequence[int]) -> None:
    """Delete records; a month without a file has none."""
    if not path.exists():
        return
    with translated(path), closing(open_archive(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(ARCHIVE_SQL["create"])
        connection.execute(ARCHIVE_SQL["drop"], (as_json(list(ids)),))
        connection.execute("COMMIT")


def get(path: Path, job_id: int) -> Record | None:
    """Read one record without touching the file; None when the month or the record was taken away.

    A record whose checksum does not match raises StoreForeign, naming month and job.
    """
    if not path.exists():
        return None
    with translated(path), closing(sqlite3.connect(path.as_uri() + "?mode=ro", uri=True, timeout=2)) as connection:
        try:
            rows = connection.execute(ARCHIVE_SQL["get"], (job_id,)).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return None
            raise
    if not rows:
        return None
    *fields, expected = rows[0]
    if checksum(fields) != expected:
        msg = f"the archived record of job {job_id} in {path.name} is damaged; restore that file from a backup"
        raise StoreForeign(msg)
    return Record(*fields)
