"""A connection whose n-th statement fails, before or after it was carried out: every point at which an operation can break."""

import itertools
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from headway.store.protocol import Operation


def disk_fails() -> Exception:
    """As SQLite says it."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR
    return error


@dataclass(slots=True)
class Fuse:
    """Counts the statements of one run and breaks the n-th."""

    breaks_at: int
    after: bool
    """The statement is carried out, and its answer lost."""
    error: Callable[[], Exception] = disk_fails
    """What a database raises whose disk fails."""
    count: int = 0
    blown: bool = False

    def guard(self, act: Callable[..., Any], *words: Any) -> Any:
        self.count += 1
        if self.count != self.breaks_at:
            return act(*words)
        self.blown = True
        if self.after:
            act(*words)
        raise self.error()


class FailingConnection:
    """Looks like the connection it wraps."""

    def __init__(self, real: Any, fuse: Fuse) -> None:
        self._real = real
        self._fuse = fuse

    def execute(self, *words: Any) -> Any:
        return self._fuse.guard(self._real.execute, *words)

    def executemany(self, *words: Any) -> Any:
        return self._fuse.guard(self._real.executemany, *words)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def fused(operation: Operation[Any], fuse: Fuse) -> Operation[Any]:
    """The same operation over a failing connection; the count starts anew each time it is run."""

    def run(transaction: Any) -> Any:
        fuse.count = 0
        real = transaction.connection
        transaction.connection = FailingConnection(real, fuse)
        try:
            return operation.run(transaction)
        finally:
            transaction.connection = real

    return replace(operation, run=run, jobs=None)


def fuses(error: Callable[[], Exception]) -> Iterator[Fuse]:
    """One for each statement in turn, before and after; never ends."""
    for breaks_at in itertools.count(1):
        for after in (False, True):
            yield Fuse(breaks_at, after, error)


def some_fuses(error: Callable[[], Exception]) -> Iterator[Fuse]:
    """Each fourth statement, in turn before and after: where the suite has no time for all of them with every store."""
    for place, breaks_at in enumerate(itertools.count(1, 4)):
        yield Fuse(breaks_at, bool(place % 2), error)
