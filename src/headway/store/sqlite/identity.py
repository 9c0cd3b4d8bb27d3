"""Who a store is: by that, a copy which was made behind its back is known when it is opened, and starts held.

The main file remembers its own inode, and that of a small marker file in the store's folder which is never written
again. A rename or a move within a file system changes neither; nor does a restart, a bind mount, a volume attached to
another machine (that changes the device only, which proves nothing). `cp`, `rsync`, a restore or `.backup` make new
files. Their numbers may be those of files that were just deleted (19 of 20 times on ext4), so the marker's generation
is looked at, which is drawn anew for each file. Where a file system numbers its files anew when it is mounted, the
moment of the marker's last change of status stays, and no program that copies files can set it. In doubt it is no copy:
a store that stops for nothing at night is worse than one more look by hand. docs/decisions has the cases, and what
cannot be seen.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import struct
import sys
from pathlib import Path
from typing import Final

import msgspec

from headway.model.clock import Clock
from headway.model.errors import StorePlaceInvalid
from headway.store.place import Place
from headway.store.sqlite.connect import FILE_MODE
from headway.store.sqlite.statements import SQL
from headway.store.verbs.hold import held
from headway.store.verbs.transaction import as_json

log = logging.getLogger("headway.store")

IDENTITY_SETTING: Final = "identity"
MARKER_FILE: Final = "store.id"
ID_BYTES: Final = 8
ALLOW_VARIABLE: Final = "HEADWAY_HOLD_COPIES"


class Mark(msgspec.Struct, frozen=True):
    """What tells a file from its copy."""

    device: int
    inode: int
    changed_ns: int
    """Of the marker alone: the last change of its status (ctime). The main file's moves with every write; 0 there."""
    generation: int = 0
    """Of the marker alone, too (the main file may be opened by SQLite only): drawn when the file was made; 0 is unknown."""


class Identity(msgspec.Struct, frozen=True):
    """A store as it was when it was last opened for writing."""

    id: str
    place: str
    main: Mark
    marker: Mark | None
    """None when its marker was not there."""


def recognise(connection: sqlite3.Connection, place: Place, clock: Clock) -> None:
    """Compare the store with what it remembers of itself, and hold a copy; the caller holds the writer lock.

    Either way it is remembered as it is now: a copy is held once, and `headway resume` is the end of it.
    """
    rows = connection.execute(SQL["setting"], {"name": IDENTITY_SETTING}).fetchall()
    known = msgspec.json.decode(rows[0][0], type=Identity) if rows else None
    seen = None if known is None else look_at(place, known.id)
    if known is not None and seen is not None and seen == known:
        return
    copied = known is not None and seen is not None and is_copy(known, seen)
    own = os.urandom(ID_BYTES).hex() if known is None or copied else known.id
    _mark(place.folder / MARKER_FILE, own)
    connection.execute("BEGIN IMMEDIATE")
    try:
        if copied and known is not None and os.environ.get(ALLOW_VARIABLE) != "0":
            why = f"this is a copy of the store that was {known.place}, or was restored from one"
            connection.execute(SQL["set_setting"], held(clock.now_us(), why))
            log.warning("%s: %s; no job is started before headway resume --store %s", place, why, place)
        identity = as_json(look_at(place, own))
        connection.execute(SQL["set_setting"], {"name": IDENTITY_SETTING, "value": identity})
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def is_copy(known: Identity, seen: Identity) -> bool:
    """Whether what is seen cannot be the store that is remembered."""
    was, now = known.marker, seen.marker
    moved = seen.main.device != known.main.device
    if was is None or now is None:
        return seen.main.inode != known.main.inode
    if seen.main.inode == known.main.inode:
        # The same file, or by chance one of the same number: then it takes all of the marker to say so.
        anew = is_anew(was, now)
        other = anew if anew is not None else moved and now.inode != was.inode
        return other and now.changed_ns != was.changed_ns
    if now.changed_ns == was.changed_ns:
        # The marker is the old one. If its number is, too, files are not numbered anew here: on one device the main
        # file was replaced; on two it is a file that an overlay has just copied to its upper layer.
        return now.inode == was.inode and now.device == seen.main.device
    return True


def is_anew(was: Mark, now: Mark) -> bool | None:
    """Whether the marker is another file, by its generation; None where the file system has none."""
    return now.generation != was.generation if was.generation and now.generation else None


def look_at(place: Place, store_id: str) -> Identity:
    """The store as it is now; a marker that says something else is none."""
    marker = place.folder / MARKER_FILE
    try:
        own = marker.read_text(encoding="ascii", errors="replace").strip() == store_id
        found = marker.stat() if own else None
    except OSError:
        found = None
    main = place.main.stat()
    return Identity(
        id=store_id,
        place=str(place),
        main=Mark(main.st_dev, main.st_ino, 0),
        marker=None if found is None else Mark(found.st_dev, found.st_ino, found.st_ctime_ns, _generation(marker)),
    )


if sys.platform == "linux":
    import fcntl

    LONG_BYTES: Final = struct.calcsize("l")
    GET_GENERATION: Final = 0x8000_7601 | LONG_BYTES << 16
    """FS_IOC_GETVERSION, which ext4, xfs, btrfs and f2fs answer."""

    def _generation(path: Path) -> int:
        handle = os.open(path, os.O_RDONLY)
        try:
            answer = fcntl.ioctl(handle, GET_GENERATION, bytes(LONG_BYTES))
        except OSError:
            return 0
        finally:
            os.close(handle)
        return int.from_bytes(answer[:4], sys.byteorder)

else:  # pragma: no cover - another system

    def _generation(path: Path) -> int:  # noqa: ARG001 - the twin's signature
        return 0


def _mark(marker: Path, store_id: str) -> None:
    """Make the marker, unless it is there already: it keeps its number and its moment for ever."""
    with contextlib.suppress(OSError):
        if marker.read_text(encoding="ascii", errors="replace").strip() == store_id:
            return
    try:
        marker.unlink(missing_ok=True)
        handle = os.open(marker, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        try:
            os.write(handle, store_id.encode("ascii") + b"\n")
        finally:
            os.close(handle)
    except OSError as error:
        msg = f"cannot write {marker}: {error.strerror}; the store's files belong to one OS user"
        raise StorePlaceInvalid(msg) from error
