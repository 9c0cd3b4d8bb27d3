"""Looking at a store from outside: reading only, and nothing is made that is not there."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from headway.model.errors import StoreError, StorePlaceInvalid
from headway.store.facts import Facts, Holder
from headway.store.moving.closed import closed_by
from headway.store.place import Place, refused_entry
from headway.store.retention import Retention
from headway.store.sqlite.connect import check_file_system, library_is_safe, open_reader, translated
from headway.store.sqlite.lock import WRITER_FILE, LockFile
from headway.store.sqlite.migrate import migrations, standing
from headway.store.sqlite.month import FILE_PATTERN, Seal, file_of, seal_of
from headway.store.sqlite.seal import is_other
from headway.store.sqlite.statements import SQL
from headway.store.verbs.hold import HELD_SETTING, Hold, read_hold
from headway.store.verbs.prune import RETENTION_SETTING, read_kept

LOCK_TRIES: Final = 10
LOCK_PAUSE_S: Final = 0.1


def look(place: Place) -> Facts | None:
    """The facts of the store at a place; None when there is none, StoreForeign when the file there is no database."""
    with refused_entry(place.main if place.shared else place.folder):
        there = place.main.exists()
    if not there:
        return None
    newest = migrations()[-1].version
    with closing(open_reader(place.main)) as connection, translated(place.main):
        found = standing(connection)
        # The tables of a newer schema are not ours to read, unless it says that they are.
        known = found.version > 0 and found.serves(newest)
        retention, retention_us = _kept(connection) if known else (None, None)
        hold = _hold(connection) if known else None
        closed = closed_by(lambda name: _setting(connection, name)) if known else None
        seals = (
            [(row[0], Seal(*row[1:])) for row in connection.execute(SQL["sealed_months"]).fetchall()] if known else []
        )
    if found.version == 0:
        return None
    log = place.main.with_name(place.main.name + "-wal")
    return Facts(
        schema=found.version,
        schema_oldest=found.oldest,
        schema_newest=newest,
        library=f"SQLite {sqlite3.sqlite_version}",
        library_safe=library_is_safe(),
        log_bytes=log.stat().st_size if log.exists() else 0,
        free_bytes=shutil.disk_usage(place.main.parent).free,
        held_us=None if hold is None else hold.at_us,
        held_why=None if hold is None else hold.why,
        closed=closed,
        retention=retention,
        retention_us=retention_us,
        months=tuple(sorted(file.name for file in place.folder.glob(FILE_PATTERN))),
        sealed=tuple(file_of(place.folder, name).name for name, _ in seals),
        broken_seals=tuple(_broken(place.folder, seals)),
        unfit=_unfit(place),
    )


def lock_holder(place: Place) -> Holder | None:
    """Who sits on the writer lock for a whole second; None when it is free, or only taken in short turns."""
    path = place.folder / WRITER_FILE
    if not path.exists():
        return None
    with closing(LockFile(path)) as file:
        pause = threading.Event()
        for _ in range(LOCK_TRIES):
            if file.try_take():
                file.let_go()
                return None
            pause.wait(LOCK_PAUSE_S)
        return Holder(pid=file.signature())


def _kept(connection: sqlite3.Connection) -> tuple[Retention | None, int | None]:
    return read_kept(_setting(connection, RETENTION_SETTING))


def _hold(connection: sqlite3.Connection) -> Hold | None:
    said = _setting(connection, HELD_SETTING)
    return None if said is None else read_hold(said)


def _setting(connection: sqlite3.Connection, name: str) -> str | None:
    rows = connection.execute(SQL["setting"], {"name": name}).fetchall()
    return rows[0][0] if rows else None


def _broken(folder: Path, seals: list[tuple[str, Seal]]) -> Iterator[str]:
    for name, known in seals:
        path = file_of(folder, name)
        try:
            says = seal_of(path)
        except StoreError:
            says = None
        if says is None or is_other(known, says):
            yield path.name


def _unfit(place: Place) -> str | None:
    try:
        check_file_system(place.main)
    except StorePlaceInvalid as error:
        return str(error)
    return None
