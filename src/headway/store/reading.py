"""The reading end of a store: an owner thread over one connection, which starts with the first operation."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from headway.store.operation import Operation
from headway.store.thread import Engine, OwnerThread

T = TypeVar("T")


class Desk:
    """Runs reading operations."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        """Open nothing yet; `engine` makes what reads one operation after the other."""
        self._engine = engine
        self._thread: OwnerThread | None = None
        self._starting = threading.Lock()

    def call(self, operation: Operation[T]) -> T:
        """Run it and wait."""
        return self._ready().call(operation)

    async def acall(self, operation: Operation[T]) -> T:
        """The same, awaited."""
        return await self._ready().acall(operation)

    def submit(self, operation: Operation[T], done: Callable[[T | None, BaseException | None], None]) -> None:
        """Hand it over; `done` is called on the reading thread."""
        self._ready().submit(operation, done)

    def close(self) -> None:
        """Close the connection; idempotent."""
        if self._thread is not None:
            self._thread.close()

    def _ready(self) -> OwnerThread:
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = OwnerThread(self._engine(), name="headway-reader")
        return self._thread
