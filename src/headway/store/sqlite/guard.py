"""The guard: sees when somebody moved, replaced or deleted the database's files under an open connection.

What is committed after that goes into files that nobody else can see, and is gone when the process ends. So whoever
writes looks before every commit, and stops at once.

Looking at the files themselves each time is dear: where the kernel keeps file times finer than its tick (Linux 6.13 and
later), the first write after a look at a file's times must write them anew, and the sync that follows it pays for that
(50 of 300 microseconds, measured). A file cannot be removed or replaced without a change to its directory, which no
commit touches: while the directory's time stands still, one look at it is enough.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

SETTLED_S: Final = 0.1
"""A directory's time is trusted when the files were looked at so long after it was first seen: two changes in one tick
of the kernel's clock (10 ms at most) show the same time."""


class Guard:
    """Remembers which files the connection has open, by device and inode; looking opens nothing."""

    def __init__(self, main: Path, monotonic: Callable[[], float]) -> None:
        """Begin with what is there; called right after the connection was opened and the schema read."""
        self._monotonic = monotonic
        self._folder = main.parent
        self._files = (main, main.with_name(main.name + "-wal"))
        self._known = {path: identity(path) for path in self._files}
        self._seen: tuple[int, int, int] | None = None
        self._seen_at = 0.0
        self._settled = False

    def damage(self) -> str | None:
        """What is wrong, as a sentence; None if nothing is. A file that appears later is remembered from then on."""
        state = _state(self._folder)
        if self._settled and state == self._seen:
            return None
        found = self._damage_of_files()
        if found is None:
            self._note(state)
        return found

    def _note(self, state: tuple[int, int, int] | None) -> None:
        now = self._monotonic()
        if state is None or state != self._seen:
            self._seen, self._seen_at, self._settled = state, now, False
        else:
            self._settled = now - self._seen_at > SETTLED_S

    def _damage_of_files(self) -> str | None:
        for path in self._files:
            now, before = identity(path), self._known[path]
            if before is None:
                self._known[path] = now
            elif now != before:
                what = "deleted" if now is None else "replaced"
                return (
                    f"{path} was {what} while it was open: what was committed since the last checkpoint may be lost; "
                    "stop every process that uses this store, then start them again"
                )
        return None


def identity(path: Path) -> tuple[int, int] | None:
    """Device and inode of the file at a path."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _state(folder: Path) -> tuple[int, int, int] | None:
    """Which directory it is, and when an entry of it changed last."""
    try:
        found = os.stat(folder)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns
