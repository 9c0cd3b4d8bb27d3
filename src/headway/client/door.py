"""The door to the store: opened at the first use, opened anew after a fork, closed once."""

from __future__ import annotations

import os
import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Final

from headway.client.settings import Settings, project_folder
from headway.model.clock import Clock
from headway.model.errors import StoreError, StorePlaceInvalid
from headway.store.postgres.place import is_postgres, parse_postgres

if TYPE_CHECKING:
    from headway.store.protocol import Store

FOLDER_DEFAULT: Final = ".headway"
FILE_SCHEME: Final = "sqlite:///"
MEMORY: Final = "memory://"


class Door:
    """Where a store is, and the store once it was needed. Safe from any thread and in forked children."""

    def __init__(self, place: str | None, *, clock: Clock, settings: Settings, start: Path) -> None:
        self._clock = clock
        self._settings = settings
        self._temporary = place is not None and place.startswith(MEMORY)
        self._place = "" if self._temporary else resolve(place, start)
        self._pid = os.getpid()
        self._store: Store | None = None
        self._locks: dict[int, threading.Lock] = {}
        """By process: a lock that another thread held at the moment of a fork would stay locked in the child for ever."""
        self._inherited: list[Store] = []
        """Stores of the parent process: never used, never closed and never collected here."""
        self._closed = False

    @property
    def place(self) -> str:
        """The store's absolute place; for memory:// a temporary directory, made now."""
        if not self._place:
            with self._lock():
                if not self._place:
                    import tempfile

                    self._place = tempfile.mkdtemp(prefix="headway-")
                    weakref.finalize(self, remove, self._place, self._pid)
        return self._place

    @property
    def store(self) -> Store:
        """The open store of this process."""
        store = self._store
        if store is not None and self._pid == os.getpid():
            return store
        return self._open()

    def close(self) -> None:
        """Close the store if this process opened it; idempotent. A temporary one is removed."""
        with self._lock():
            self._closed = True
            store, self._store = self._store, None
            if store is not None and self._pid == os.getpid():
                store.close()
            if self._temporary and self._place:
                remove(self._place, self._pid)

    def _open(self) -> Store:
        from headway.store.open import open_store

        place = self.place
        with self._lock():
            pid = os.getpid()
            if self._closed:
                raise StoreError(f"the store {place} was closed by jobs.close()")
            if self._store is not None and self._pid != pid:
                self._inherited.append(self._store)
                self._store = None
            if self._store is None:
                self._store = open_store(
                    place, clock=self._clock, durability=self._settings.durability, migrate=self._settings.migrate
                )
                self._pid = pid
            return self._store

    def _lock(self) -> threading.Lock:
        return self._locks.setdefault(os.getpid(), threading.Lock())


def resolve(place: str | None, start: Path) -> str:
    """The absolute place that a user means: none is `.headway` beside the nearest pyproject.toml, else in `start`."""
    if place is None:
        return str((project_folder(start) or start) / FOLDER_DEFAULT)
    if is_postgres(place):
        parse_postgres(place)  # what is wrong with it is said where it is written
        return place
    if place.startswith(FILE_SCHEME):
        return f"{FILE_SCHEME}{start / Path(place.removeprefix(FILE_SCHEME)).expanduser()}"
    if "://" in place:
        scheme = place.partition("://")[0]
        raise StorePlaceInvalid(
            f"{scheme}:// is not a store this version knows; give a directory, sqlite:///file.db, postgresql://user@host/database or memory://"
        )
    return str(start / Path(place).expanduser())


def remove(folder: str, pid: int) -> None:
    """Remove a temporary store; a forked child leaves its parent's alone."""
    if os.getpid() == pid:
        import shutil

        shutil.rmtree(folder, ignore_errors=True)
