"""One fair writer lock per store: a turnstile of two lock files around every write transaction and every checkpoint.

A single `flock` is not fair (a looping holder takes it again before a waiter wakes), and SQLite's own busy handler
starves writers. So: take `gate`, take `writer`, let `gate` go, write, let `writer` go; whoever waits at the gate is
next. The kernel lets both go when a process dies. It also keeps checkpoints from meeting a reset of the log, which
SQLite before 3.51.3 can answer with lost rows.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Final

from headway.model.errors import StoreUnavailable

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        os.lseek(handle, LOCK_BYTE, os.SEEK_SET)
        while True:
            try:
                msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
            except OSError:  # LK_LOCK gives up after ten tries of a second each
                continue
            return

    def _try_lock(handle: int) -> bool:
        os.lseek(handle, LOCK_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(handle: int) -> None:
        os.lseek(handle, LOCK_BYTE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX)

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)


LOCK_BYTE: Final = 1 << 20
"""Where Windows locks: far behind the holder's pid, which others must be able to read."""
PID_BYTES: Final = 16
FILE_MODE: Final = 0o600
GATE_FILE: Final = "gate.lock"
WRITER_FILE: Final = "writer.lock"


class LockFile:
    """An exclusive lock on a file of its own, held by this process until let go or dead."""

    def __init__(self, path: Path) -> None:
        """Open (or make) the file; private to the user."""
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), FILE_MODE)
        except OSError as error:
            msg = f"cannot open the lock file {path}: {error.strerror}; the store's files belong to one OS user"
            raise StoreUnavailable(msg) from error
        self.path = path

    def take(self) -> None:
        """Wait for it."""
        _lock(self._handle)

    def try_take(self) -> bool:
        """Take it if it is free."""
        return _try_lock(self._handle)

    def let_go(self) -> None:
        """Free it."""
        _unlock(self._handle)

    def is_in_place(self) -> bool:
        """Whether the file that is locked is still the one that others would open."""
        try:
            return os.path.samestat(os.fstat(self._handle), os.stat(self.path))
        except OSError:
            return False

    def sign(self, pid: int) -> None:
        """Write the holder's pid into it, for whoever waits and wonders; a disk that refuses it refuses nobody the lock."""
        if hasattr(os, "pwrite"):
            with contextlib.suppress(OSError):
                os.pwrite(self._handle, b"%-16d" % pid, 0)

    def signature(self) -> int | None:
        """The pid of the latest holder, if it can be read."""
        if not hasattr(os, "pread"):
            return None
        text = os.pread(self._handle, PID_BYTES, 0).strip()
        return int(text) if text.isdigit() else None

    def close(self) -> None:
        """Close the file (and so let go); idempotent."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)


class Turnstile:
    """The fair writer lock."""

    def __init__(self, folder: Path) -> None:
        """Use (or make) `gate.lock` and `writer.lock` in that folder."""
        self._gate = LockFile(folder / GATE_FILE)
        self._writer = LockFile(folder / WRITER_FILE)
        self._pid = os.getpid()

    def take(self) -> None:
        """Wait for this process's turn; writers get it in the order they came to the gate."""
        self._gate.take()
        try:
            self._writer.take()
        finally:
            self._gate.let_go()
        self._writer.sign(self._pid)

    def let_go(self) -> None:
        """Pass it on."""
        self._writer.let_go()

    def holder(self) -> int | None:
        """The pid of the process that holds it now or held it last."""
        return self._writer.signature()

    def close(self) -> None:
        """Close both files."""
        self._gate.close()
        self._writer.close()
