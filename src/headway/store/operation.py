"""One verb of a store with its arguments, and what runs it: from threads, from coroutines, or handed over to be told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from headway.model.claim import NewJob

T = TypeVar("T")


class Operation(msgspec.Struct, Generic[T], frozen=True):
    """One verb with its arguments, still to be run. Only the store that made it can run it; it may be run again after a rollback."""

    verb: str
    run: Callable[[Any], T]
    """Called with the store's own transaction object."""
    alone: bool = False
    """Never in a group with others (long or unusual work)."""
    jobs: Sequence[NewJob] | None = None
    """Given when the whole of it is to insert these: a store may then insert what several operations bring at once."""


class Runs(Protocol):
    """Runs operations, from sync or async code."""

    def call(self, operation: Operation[T]) -> T:
        """Run it and wait; raises what it raises, only after the rollback."""
        ...

    async def acall(self, operation: Operation[T]) -> T:
        """The same, awaited."""
        ...

    def submit(self, operation: Operation[T], done: Callable[[T | None, BaseException | None], None]) -> None:
        """Hand it over; `done` is called on the store's own thread after the commit (or the failure)."""
        ...
