"""A month's archive: one plain SQLite file per month of creation (UTC), one row a job, each row with a checksum.

The file can be copied, moved or deleted while the system runs; deleting it loses that month's bodies and nothing else.
Every change of it opens it, in the same transaction; a day after the last one it is sealed (`seal.py`): its content's
hash is written into it and into the main file, and its mode says that nobody should write it.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import stat
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from headway.model.clock import to_us
from headway.model.errors import StoreForeign
from headway.store.sqlite.connect import SEALED_MODE, open_archive, reading_archive, translated
from headway.store.sqlite.disk import sync_folder
from headway.store.verbs.record import Record, checksum, month_of
from headway.store.verbs.statements import load
from headway.store.verbs.transaction import as_json

ARCHIVE_SQL: Final[Mapping[str, str]] = load(Path(__file__).with_name("archive_sql"))
FILE_PATTERN: Final = "jobs_????-??.db"
MONTH_NAME: Final = re.compile(r"jobs_[0-9]{4}-(0[1-9]|1[0-2])\.db")


class Seal(msgspec.Struct, frozen=True):
    """What is known of a month's file as a whole; the last three only while it is sealed."""

    changed_at: int
    """When it last changed (us). It only grows, also with a clock that does not."""
    jobs: int | None = None
    digest: str | None = None
    """SHA-256 over its records in the order of their ids, as the scan reads them: no copy and no VACUUM changes it."""
    sealed_at: int | None = None


def month_file(folder: Path, created_us: int) -> Path:
    """The file of that month."""
    return file_of(folder, month_of(created_us))


def file_of(folder: Path, name: str) -> Path:
    """The file of a month that is given as 2026-11."""
    return folder / f"jobs_{name}.db"


def month_in(path: Path) -> str:
    """The month that a file is for, by its name."""
    return path.stem.removeprefix("jobs_")


def bounds(path: Path) -> tuple[int, int]:
    """The month that a file is for: its first moment, and the first one after it."""
    begins = datetime.strptime(month_in(path), "%Y-%m").replace(tzinfo=UTC)
    ends = (begins + timedelta(days=31)).replace(day=1)
    return to_us(begins), to_us(ends)


def month_files(folder: Path) -> list[Path]:
    """Every month's file, oldest first."""
    return sorted(path for path in folder.glob(FILE_PATTERN) if MONTH_NAME.fullmatch(path.name))


def put(path: Path, rows: Iterable[tuple[Any, ...]], now_us: int) -> None:
    """Copy records into the month's file, durably: when this returns they survive power loss. Repeating it is harmless.

    A sealed month is open from then on.
    """
    put_whole(path, [(*row, checksum(row)) for row in rows], now_us)


def put_whole(path: Path, rows: Iterable[tuple[Any, ...]], now_us: int) -> None:
    """The same of records that have their checksums."""
    with translated(path), closing(open_archive(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(ARCHIVE_SQL["create"])
        connection.execute(ARCHIVE_SQL["create_seal"])
        connection.execute(ARCHIVE_SQL["reopen"], {"now": now_us})
        connection.executemany(ARCHIVE_SQL["put"], rows)
        connection.execute("COMMIT")


def drop(path: Path, ids: Sequence[int], now_us: int) -> None:
    """Delete records; a month without a file has none, and one that has none left loses its file.

    The caller holds the writer lock. A sealed month is open from then on, unless nothing was deleted.
    """
    if not path.exists():
        return
    with translated(path), closing(open_archive(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        if has_records(connection) and connection.execute(ARCHIVE_SQL["drop"], (as_json(list(ids)),)).rowcount:
            connection.execute(ARCHIVE_SQL["create_seal"])
            connection.execute(ARCHIVE_SQL["reopen"], {"now": now_us})
        connection.execute("COMMIT")
    remove_if_empty(path)


def remove_if_empty(path: Path) -> bool:
    """Delete a month's file that has no record; the caller holds the writer lock, and readers keep what they opened."""
    with translated(path), reading_archive(path) as connection:
        if connection is None or not _is_empty(connection):
            return False
    with contextlib.suppress(OSError):  # Windows deletes no file that a reader has open; the sealer tries again
        path.unlink()
        sync_folder(path.parent)
        return True
    return False


def seal(path: Path, found: Seal) -> bool:
    """Write into the file what a scan found in it; False when it was changed since, and nothing was written."""
    with translated(path), closing(open_archive(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        values = {name: getattr(found, name) for name in Seal.__struct_fields__}
        sealed = connection.execute(ARCHIVE_SQL["seal"], values).rowcount == 1
        connection.execute("COMMIT")
    return sealed


def protect(path: Path) -> None:
    """Take the right to write from a sealed month's file."""
    if path.stat().st_mode & stat.S_IWUSR:
        with contextlib.suppress(OSError):  # a courtesy: the hash tells whether somebody wrote it
            path.chmod(SEALED_MODE)


def seal_in(connection: sqlite3.Connection) -> Seal | None:
    """What an open month's file says of itself; None for a file that nothing was ever written to."""
    if not has_records(connection):
        return None
    rows = connection.execute(ARCHIVE_SQL["seal_of"]).fetchall()
    return Seal(*rows[0]) if rows else None


def seal_of(path: Path) -> Seal | None:
    """The same of a file; None also when there is no file."""
    with translated(path), reading_archive(path) as connection:
        return None if connection is None else seal_in(connection)


def get(path: Path, job_id: int) -> Record | None:
    """Read one record without touching the file; None when the month or the record was taken away.

    A record whose checksum does not match raises StoreForeign, naming month and job.
    """
    with translated(path), reading_archive(path) as connection:
        if connection is None or not has_records(connection):
            return None
        rows = connection.execute(ARCHIVE_SQL["get"], (job_id,)).fetchall()
    if not rows:
        return None
    *fields, expected = rows[0]
    if checksum(fields) != expected:
        msg = f"the archived record of job {job_id} in {path.name} is damaged; restore that file from a backup"
        raise StoreForeign(msg)
    return Record(*fields)


def payloads(path: Path, values: Mapping[str, object]) -> list[tuple[int, str | None, bool | None]]:
    """Arguments of records: id, the arguments unless they are too long, whether they are. None of a month that was taken away."""
    with translated(path), reading_archive(path) as connection:
        if connection is None or not has_records(connection):
            return []
        return connection.execute(ARCHIVE_SQL["payloads"], values).fetchall()


def _is_empty(connection: sqlite3.Connection) -> bool:
    """A table of somebody else's is not ours to delete."""
    others = connection.execute("SELECT 1 FROM sqlite_master WHERE name NOT LIKE 'headway_%'").fetchall()
    return not others and not (has_records(connection) and connection.execute(ARCHIVE_SQL["any"]).fetchall())


def has_records(connection: sqlite3.Connection) -> bool:
    """Whether anything was ever written to an open month's file."""
    return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'headway_record'").fetchall())
