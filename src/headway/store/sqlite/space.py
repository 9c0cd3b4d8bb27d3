"""Room on the disk: new work stops before it is full, and a ballast file lets running work be settled when it is.

A full disk refuses even deletes (they go through the log first), so the room to finish in must be kept beforehand.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

from headway.model.clock import Clock

BALLAST_BYTES: Final = 8 * 1024 * 1024
FLOOR_BYTES: Final = 32 * 1024 * 1024
"""Below so much free space no job is claimed; what runs is settled."""
LOOK_S: Final = 1.0
BLOCK: Final = b"\0" * (1024 * 1024)


class Space:
    """The free space behind one store's folder."""

    def __init__(self, folder: Path, clock: Clock, *, floor: int = FLOOR_BYTES) -> None:
        """Nothing is written before `reserve`."""
        self._folder = folder
        self._ballast = folder / "ballast"
        self._clock = clock
        self._floor = floor
        self._looked = float("-inf")
        self._enough = True

    def is_enough(self) -> bool:
        """Whether there is room for new work; asks the system at most once a second."""
        now = self._clock.monotonic()
        if now - self._looked >= LOOK_S:
            self._looked = now
            self._enough = self.free() >= self._floor
        return self._enough

    def free(self) -> int:
        """Free bytes for this user."""
        if not hasattr(os, "statvfs"):
            return self._floor
        try:
            found = os.statvfs(self._folder)
        except OSError:
            return self._floor
        return found.f_bavail * found.f_frsize

    def reserve(self) -> None:
        """Make the ballast file if it is not there and there is room enough; a worker does so, a client need not."""
        if self._ballast.exists() or self.free() < self._floor + BALLAST_BYTES:
            return
        with contextlib.suppress(OSError):
            handle = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                for _ in range(BALLAST_BYTES // len(BLOCK)):
                    os.write(handle, BLOCK)
            finally:
                os.close(handle)

    def let_go(self) -> bool:
        """Give the ballast up so that what runs can be settled; whether there was any."""
        try:
            self._ballast.unlink()
        except OSError:
            return False
        return True
