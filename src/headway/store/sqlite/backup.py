"""Backup while everything runs: the main file in one step under the writer lock, and the months' files beside it.

A copy starts held: two stores that both ran the same jobs would do everything twice. Nothing is claimed from it until a
person says so.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from headway.model.errors import StorePlaceInvalid, StoreUnavailable
from headway.store.place import MAIN_FILE
from headway.store.protocol import Operation, Runs
from headway.store.sqlite.connect import FILE_MODE, FOLDER_MODE, open_reader, translated
from headway.store.sqlite.disk import sync_file, sync_folder
from headway.store.sqlite.identity import IDENTITY_SETTING
from headway.store.sqlite.month import FILE_PATTERN, month_files, protect, seal_of
from headway.store.sqlite.statements import SQL
from headway.store.verbs.hold import BY_BACKUP, held
from headway.store.verbs.transaction import Transaction

UNFINISHED: Final = ".unfinished"
"""The name of a copy ends so until it is whole."""
STEP_PAGES: Final = 1_000
"""A sealed month is copied in steps, each a short read: whoever opens it again meanwhile must not wait."""


def backup(tx: Transaction, main: Path, folder: Path, target: Path) -> int:
    """Copy the store into a new folder; answers its bytes. All writers wait meanwhile, readers do not.

    The target is a store of its own, to be opened as such; it must not exist yet. It gets its name when the copy is
    whole and on the disk, so that nobody takes half a copy for one.
    """
    with _made(target) as making:
        _fill(tx, main, folder, making)
    return _size(target)


def copy_to(main: Path, folder: Path, target: Path, writes: Runs) -> int:
    """The same; writers wait only while the main file and the months that are not sealed are copied."""
    with _made(target) as making:
        with translated(making):
            for month in month_files(folder):
                if _is_sealed(month):
                    _copy_month(month, making / month.name, pages=STEP_PAGES)
        writes.call(Operation("backup", lambda tx: _fill(tx, main, folder, making), alone=True))
    return _size(target)


def _fill(tx: Transaction, main: Path, folder: Path, making: Path) -> None:
    """Copy what is not there yet, or was changed since it was; the writer lock makes it of one moment."""
    with translated(making):
        # From a connection of its own: SQLite copies nothing from one that is inside a write transaction.
        with closing(open_reader(main)) as source:
            copy(source, making / MAIN_FILE, held_at=tx.now_us)
        for copied in month_files(making):
            if not _is_sealed(copied) or seal_of(folder / copied.name) != seal_of(copied):
                copied.unlink()
        for month in sorted(folder.glob(FILE_PATTERN)):
            if not (making / month.name).exists():
                _copy_month(month, making / month.name)


def _copy_month(month: Path, copied: Path, *, pages: int = -1) -> None:
    with closing(sqlite3.connect(month)) as source:
        copy(source, copied, pages=pages)
    if _is_sealed(copied):
        protect(copied)


def _is_sealed(month: Path) -> bool:
    says = seal_of(month)
    return says is not None and says.digest is not None


def _size(target: Path) -> int:
    return sum(file.stat().st_size for file in target.iterdir())


@contextmanager
def _made(target: Path) -> Iterator[Path]:
    """A folder that becomes the target when all of it is on the disk, and disappears when something fails before."""
    if target.exists():
        msg = f"{target} exists already; give a place that is not there yet"
        raise StorePlaceInvalid(msg)
    making = target.with_name(target.name + UNFINISHED)
    made = _make(making)
    try:
        yield making
        _keep(making, target, made)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise


def _make(making: Path) -> list[Path]:
    """Make the folder, and those above it that are not there; answers the ones in which a name is new."""
    new = [making, *(above for above in making.parents if not above.exists())]
    try:
        making.mkdir(mode=FOLDER_MODE, parents=True)
    except FileExistsError as error:
        msg = f"{making} is left of a copy that did not finish, or is being made now; delete it, or give another place"
        raise StorePlaceInvalid(msg) from error
    except OSError as error:
        msg = f"cannot make {making}: {error.strerror}"
        raise StorePlaceInvalid(msg) from error
    return [path.parent for path in new]


def _keep(making: Path, target: Path, made: list[Path]) -> None:
    """Give the copy its name once all of it is on the disk: whoever is told of a backup has it after a power cut, too."""
    try:
        for file in making.iterdir():
            sync_file(file)
        sync_folder(making)
        making.rename(target)
        for path in made:
            sync_folder(path)
    except OSError as error:
        msg = f"the copy {target} could not be brought to the disk: {error.strerror}"
        raise StoreUnavailable(msg) from error


def copy(source: sqlite3.Connection, path: Path, *, pages: int = -1, held_at: int | None = None) -> None:
    """All pages in one step, or so many in each, between which writers may write (then it begins anew)."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, FILE_MODE))
    with closing(sqlite3.connect(path, isolation_level=None)) as copied:
        source.backup(copied, pages=pages, sleep=0)
        copied.execute("PRAGMA journal_mode=DELETE").fetchall()
        copied.execute("PRAGMA synchronous=FULL")
        if held_at is not None:
            copied.execute(SQL["set_setting"], held(held_at, BY_BACKUP))
            copied.execute(SQL["drop_setting"], {"name": IDENTITY_SETTING})  # it has none before it is opened
