"""Where snapshots are shown."""

from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import Protocol, Self

from headway.demo.live import Snapshot, plain_lines

PLAIN_EVERY = timedelta(seconds=1)
"""Plain lines scroll away, so there are fewer of them than there are snapshots."""


class Display(Protocol):
    """Shows one snapshot after the other while it is open."""

    def __enter__(self) -> Self:
        """Open it."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Close it; the last snapshot stays to be read."""
        ...

    def show(self, snapshot: Snapshot) -> None:
        """Show a snapshot in place of the one before."""
        ...


class PlainDisplay:
    """Writes lines: every few seconds, and when everything is done."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._next = timedelta(0)

    def __enter__(self) -> Self:
        """Nothing to open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Nothing to close."""

    def show(self, snapshot: Snapshot) -> None:
        """Write the snapshot if it is time for one, or if it is the last."""
        if snapshot.elapsed < self._next and snapshot.done < snapshot.total:
            return
        self._next = snapshot.elapsed + PLAIN_EVERY
        self._write("\n".join(plain_lines(snapshot)))
