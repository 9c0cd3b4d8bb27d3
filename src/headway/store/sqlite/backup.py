"""Backup while everything runs: the main file in one step under the writer lock, and the months' files beside it.

A copy starts held: two stores that both ran the same jobs would do everything twice. Nothing is claimed from it until a
person says so.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from headway.model.errors import StorePlaceInvalid
from headway.store.place import MAIN_FILE
from headway.store.sqlite.connect import FILE_MODE, FOLDER_MODE, open_reader, translated
from headway.store.sqlite.month import FILE_PATTERN
from headway.store.sqlite.statements import SQL
from headway.store.sqlite.transaction import Transaction, as_json

HELD_SETTING: Final = "held"
UNFINISHED: Final = ".unfinished"
"""The name of a copy ends so until it is whole."""


def backup(tx: Transaction, main: Path, folder: Path, target: Path) -> int:
    """Copy the store into a new folder; answers its bytes. All writers wait meanwhile, readers do not.

    The target is a store of its own, to be opened as such; it must not exist yet. It gets its name when the copy is
    whole, so that nobody takes half a copy for one.
    """
    if target.exists():
        msg = f"{target} exists already; give a place that is not there yet"
        raise StorePlaceInvalid(msg)
    making = target.with_name(target.name + UNFINISHED)
    try:
        making.mkdir(mode=FOLDER_MODE, parents=True)
    except FileExistsError as error:
        msg = f"{making} is left of a copy that did not finish, or is being made now; delete it, or give another place"
        raise StorePlaceInvalid(msg) from error
    except OSError as error:
        msg = f"cannot make {making}: {error.strerror}"
        raise StorePlaceInvalid(msg) from error
    try:
        with translated(making):
            # From a connection of its own: SQLite copies nothing from one that is inside a write transaction.
            with closing(open_reader(main)) as source:
                copy(source, making / MAIN_FILE, held_at=tx.now_us)
            for month in sorted(folder.glob(FILE_PATTERN)):
                with closing(sqlite3.connect(month)) as source:
                    copy(source, making / month.name)
        making.rename(target)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    return sum(file.stat().st_size for file in target.iterdir())


def copy(source: sqlite3.Connection, path: Path, *, held_at: int | None = None) -> None:
    """All pages in one step; the copy is on the disk when this returns."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, FILE_MODE))
    with closing(sqlite3.connect(path, isolation_level=None)) as copied:
        source.backup(copied, pages=-1)
        copied.execute("PRAGMA journal_mode=DELETE").fetchall()
        copied.execute("PRAGMA synchronous=FULL")
        if held_at is not None:
            copied.execute(SQL["set_setting"], {"name": HELD_SETTING, "value": as_json(held_at)})


def is_held(tx: Transaction) -> bool:
    """Whether nothing may be claimed from this store until somebody says so."""
    return tx.row("setting", {"name": HELD_SETTING}) is not None


def resume(tx: Transaction) -> bool:
    """Let jobs be claimed again; whether the store was held."""
    tx.wake = True
    return tx.change("drop_setting", {"name": HELD_SETTING}) == 1


def hold(tx: Transaction) -> None:
    """Let nothing be claimed until `resume`; what runs goes on."""
    tx.change("set_setting", {"name": HELD_SETTING, "value": as_json(tx.now_us)})
