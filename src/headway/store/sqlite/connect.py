"""Opening the database file: connections with the store's rules, and foreign errors translated at the door."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from headway.model.displaced import StoreMoved
from headway.model.errors import (
    StoreBusy,
    StoreError,
    StoreForeign,
    StoreFull,
    StorePlaceInvalid,
    StoreReadOnly,
    StoreUnavailable,
)
from headway.store.place import Place, foreign_words

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
SEALED_MODE: Final = 0o400
"""A sealed month's: only a late arrival, a purge or a requeue opens it again."""
STATEMENTS_CACHED: Final = 256
CHECKPOINT_PAGES: Final = 1_000
"""The log is copied into the database when it holds so many pages that are not."""
APPLICATION_ID: Final = 0x68776179
"""The letters "hway": marks a database file that is all ours."""
SQLITE_OLDEST: Final = (3, 38, 0)
"""STRICT tables and the ->> operator."""
WAL_RESET_FIXED: Final = (3, 51, 3)
WAL_RESET_BACKPORTS: Final = frozenset({(3, 44, 6), (3, 50, 7)})
SHARED_FILE_SYSTEMS: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "lustre", "ceph", "glusterfs", "afs", "vboxsf"}
)
READ_WAIT_S: Final = 5
"""A read of a month's file waits so long for a writer that is just committing."""
MOVED: Final = "headway: "
"""So begins what the triggers of a store say that is, or was, copied elsewhere."""
MOUNTS_FILE: Final = "/proc/self/mountinfo"


def library_is_safe(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Whether this SQLite has the fix for rows lost when a checkpoint meets a reset of the log."""
    return version >= WAL_RESET_FIXED or version in WAL_RESET_BACKPORTS


def file_system_of(path: Path, mounts: str) -> str | None:
    """The type of file system that holds `path`, by the text of a mountinfo file; None if it does not say."""
    best: tuple[int, str] | None = None
    for line in mounts.splitlines():
        left, found, right = line.partition(" - ")
        fields = left.split()
        if not found or len(fields) < 5:  # noqa: PLR2004 - the mount point is the fifth field
            continue
        point = fields[4].replace("\\040", " ")
        inside = point == "/" or str(path) == point or str(path).startswith(point.rstrip("/") + "/")
        if inside and (best is None or len(point) >= best[0]):
            best = (len(point), right.split()[0])
    return None if best is None else best[1]


def check_file_system(path: Path, *, mounts: str | None = None) -> None:
    """Refuse network, FUSE and shared file systems: the log's shared memory does not work there.

    HEADWAY_ALLOW_SHARED_FILE_SYSTEM=1 in the environment is the way past it.
    """
    if mounts is None:
        try:
            mounts = Path(MOUNTS_FILE).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return
    kind = file_system_of(path, mounts)
    foreign = kind is not None and (kind in SHARED_FILE_SYSTEMS or kind.startswith("fuse."))
    if foreign and os.environ.get("HEADWAY_ALLOW_SHARED_FILE_SYSTEM") != "1":
        msg = (
            f"{path} is on a {kind} file system, where an embedded store loses jobs; "
            "put it on a local disk, or set HEADWAY_ALLOW_SHARED_FILE_SYSTEM=1 if you know better"
        )
        raise StorePlaceInvalid(msg)


def make_private(place: Place) -> None:
    """Make the store's folder (0700) and the empty main file (0600) under any umask, before SQLite touches them."""
    try:
        if not place.folder.exists():
            place.folder.mkdir(parents=True, mode=FOLDER_MODE, exist_ok=True)
            place.folder.chmod(FOLDER_MODE)
        (place.folder / "nodes").mkdir(mode=FOLDER_MODE, exist_ok=True)
        if not place.main.exists():
            place.main.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(place.main, os.O_RDWR | os.O_CREAT, FILE_MODE))
    except OSError as error:
        if isinstance(error, PermissionError) and place.folder.exists():
            raise StorePlaceInvalid(foreign_words(place.folder)) from error
        msg = f"cannot make the store at {place}: {error.strerror}; give a place that this user may write"
        raise StorePlaceInvalid(msg) from error
    for path, wanted in ((place.folder, os.W_OK), (place.main, os.R_OK | os.W_OK)):
        if not os.access(path, wanted):
            raise StorePlaceInvalid(foreign_words(path))


def open_writer(path: Path, *, durability: str) -> sqlite3.Connection:
    """The one writing connection of a process. `durability`: "full" survives power loss, "relaxed" may lose the last seconds then."""
    if sqlite3.sqlite_version_info < SQLITE_OLDEST:
        msg = f"SQLite {sqlite3.sqlite_version} is too old; headway needs 3.38 or newer (a newer Python brings one)"
        raise StoreUnavailable(msg)
    with translated(path):
        connection = sqlite3.connect(
            path, timeout=0, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS_CACHED
        )
        try:
            connection.execute("PRAGMA busy_timeout=0")
            connection.execute("PRAGMA journal_mode=WAL").fetchall()
            connection.execute(f"PRAGMA synchronous={'FULL' if durability == 'full' else 'NORMAL'}")
            # The log is copied back inside COMMIT, so under the writer lock; SQLite counts its live frames exactly.
            connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}").fetchall()
            connection.execute("PRAGMA temp_store=MEMORY")
            connection.execute("PRAGMA cache_size=-8192")
        except BaseException:
            connection.close()
            raise
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A reading connection: it cannot write, and it never checkpoints."""
    with translated(path):
        uri = path.as_uri() + "?mode=ro"
        connection = sqlite3.connect(
            uri, uri=True, timeout=1, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS_CACHED
        )
        connection.execute("PRAGMA cache_size=-8192")
    return connection


def open_archive(path: Path) -> sqlite3.Connection:
    """A month's file, for writing: a rollback journal, so that it is one plain file at rest.

    EXTRA also makes the journal's disappearance durable. With FULL a power cut just after the commit could bring the
    journal back and undo the copy, when the original had been deleted in the main file already.
    """
    with translated(path):
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE))
        elif path.is_file() and not path.stat().st_mode & stat.S_IWUSR:  # a sealed month is opened again
            with contextlib.suppress(OSError):  # what cannot be written SQLite refuses, and says so
                path.chmod(FILE_MODE)
        connection = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=DELETE").fetchall()
        connection.execute("PRAGMA synchronous=EXTRA")
    return connection


@contextlib.contextmanager
def reading_archive(path: Path) -> Iterator[sqlite3.Connection | None]:
    """A month's file, for a short read; None when there is none. Text that is no text is read all the same.

    A process that was killed while it wrote leaves a journal behind, which only a writing connection may roll back:
    SQLite does so by itself, once such a connection reads.
    """
    try:
        connection = _open_to_read(path, "ro")
    except sqlite3.OperationalError as error:
        if not path.exists():
            connection = None
        elif error.sqlite_errorcode == sqlite3.SQLITE_READONLY_ROLLBACK:
            connection = _open_to_read(path, "rw")
        else:
            raise
    try:
        yield connection
    finally:
        if connection is not None:
            connection.close()


def _open_to_read(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=READ_WAIT_S, isolation_level=None)
    connection.text_factory = _text
    try:
        connection.execute("BEGIN")
        connection.execute("SELECT 1 FROM sqlite_master").fetchall()  # takes the shared lock, or says why it cannot
    except BaseException:
        connection.close()
        raise
    return connection


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


@contextlib.contextmanager
def translated(path: Path | str) -> Iterator[None]:
    """Turn SQLite's errors into the store's own, with what a person can do about them."""
    try:
        yield
    except sqlite3.Error as error:
        raise translate(error, path) from error


def translate(error: sqlite3.Error, path: Path | str) -> StoreError:
    """The store's error for one of SQLite's."""
    if str(error).startswith(MOVED):
        return StoreMoved(f"the store {path} {str(error).removeprefix(MOVED)}")
    return _by_code(error, path)


def _by_code(error: sqlite3.Error, path: Path | str) -> StoreError:
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    match primary:
        case sqlite3.SQLITE_FULL:
            return StoreFull(f"no space left for the store {path}: free some, then go on; nothing accepted was lost")
        case sqlite3.SQLITE_READONLY:
            return StoreReadOnly(f"the store {path} is read-only for this user; its files belong to one OS user")
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return StoreForeign(
                f"{path} is not a sound SQLite database ({error}); give another place, or restore it from a backup"
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreBusy(f"another program holds the store {path}: {error}")
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return StoreUnavailable(
                f"cannot open the store {path}: {error}; check that this user may read and write it"
            )
        case _:
            return StoreUnavailable(f"the store {path} answered: {error}")
