"""The guard: sees when somebody moved, replaced or deleted the database's files under an open connection.

What is committed after that goes into files that nobody else can see, and is gone when the process ends. So whoever
keeps the store open looks now and then, and stops at once.
"""

from __future__ import annotations

import os
from pathlib import Path


class Guard:
    """Remembers which files the connection has open, by device and inode; looking opens nothing."""

    def __init__(self, main: Path) -> None:
        """Begin with what is there; called right after the connection was opened and the schema read."""
        self._files = (main, main.with_name(main.name + "-wal"))
        self._known = {path: identity(path) for path in self._files}

    def damage(self) -> str | None:
        """What is wrong, as a sentence; None if nothing is. A file that appears later is remembered from then on."""
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
