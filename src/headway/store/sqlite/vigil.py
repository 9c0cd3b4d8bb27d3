"""Signs of life: each node holds the lock on a file of its own; a lock that can be taken is a node whose process is gone.

The kernel lets go of a lock the moment its process dies, so death is seen at the next look and not after a time-out.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

from headway.store.sqlite.lock import LockFile

SUFFIX: Final = ".lock"


class Vigil:
    """The signs of life in one store's folder."""

    def __init__(self, folder: Path) -> None:
        """The folder in which the nodes' files lie."""
        self._folder = folder
        self._own: dict[str, LockFile] = {}

    def hold(self, uid: str) -> None:
        """Give a node of this process its sign of life; before it is registered."""
        path = self._folder / f"{uid}{SUFFIX}"
        while True:
            sign = LockFile(path)
            sign.take()
            if sign.is_in_place():
                break
            sign.close()  # somebody saw it in the moment before it was locked, and cleared it away
        self._own[uid] = sign

    def let_go(self, uid: str) -> None:
        """The node has left: take its sign away; idempotent."""
        sign = self._own.pop(uid, None)
        if sign is not None:
            with contextlib.suppress(OSError):
                sign.path.unlink()
            sign.close()

    def abandon(self, uid: str) -> None:
        """Let the lock go and leave the file: as if the process had died, for all who look; idempotent."""
        sign = self._own.pop(uid, None)
        if sign is not None:
            sign.close()

    def gone(self) -> tuple[str, ...]:
        """Uids of nodes whose process is gone. Looking costs microseconds a node and disturbs nobody."""
        try:
            names = os.listdir(self._folder)
        except OSError:
            return ()
        uids = (name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX))
        return tuple(uid for uid in uids if uid not in self._own and self._is_gone(uid))

    def forget(self, uid: str) -> None:
        """Remove what a dead node left; after its jobs were given back."""
        for suffix in (SUFFIX, ".sock"):
            with contextlib.suppress(OSError):
                (self._folder / f"{uid}{suffix}").unlink()

    def close(self) -> None:
        """Let go of everything this process holds."""
        for uid in tuple(self._own):
            self.let_go(uid)

    def _is_gone(self, uid: str) -> bool:
        path = self._folder / f"{uid}{SUFFIX}"
        if not path.exists():
            return False
        sign = LockFile(path)
        try:
            return sign.try_take()
        finally:
            sign.close()
