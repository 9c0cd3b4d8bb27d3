"""How long what is kept, what a step of it removed, and what it has left of a job."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import msgspec

from headway.store.operation import Operation


class Kept(StrEnum):
    """What retention has left of a job."""

    ALL = "all"
    NO_LOG = "no_log"
    """The lines of its log are removed."""
    SUMMARY = "summary"
    """Arguments, result, attempts and log are removed; only the row is left."""


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """What a step of pruning removed."""

    logs: int
    """Jobs whose log went."""
    lines: int
    """Lines of those logs."""
    bodies: int
    """Jobs of which only the summary is left."""


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """How long after their end a worker keeps what is left of jobs, in microseconds; None keeps it."""

    archive_us: int | None = None
    """So long in the main file; the rest of the time in the month's archive."""
    completed_us: int | None = None
    failed_us: int | None = None
    logs_us: int | None = None
    bodies_us: int | None = None


class Retaining(Protocol):
    """The half of a store that puts jobs away when they have ended, and forgets them in time."""

    def archive(self, *, before_us: int, limit: int = 500) -> Operation[int]:
        """Move jobs that ended before that moment to their created month's archive; answers how many.

        Copy, durable commit there, then delete here: at every moment the job is in at least one place and is shown once.
        """
        ...

    def purge(
        self, *, completed_before_us: int | None, failed_before_us: int | None, limit: int = 500
    ) -> Operation[int]:
        """Delete the summaries (and archived bodies) of jobs that ended before those moments; None keeps them for ever."""
        ...

    def prune(self, *, logs_before_us: int | None, bodies_before_us: int | None, limit: int = 200) -> Operation[Pruned]:
        """Remove the logs, and the whole archived records, of archived jobs that ended before those moments; the summaries stay.

        What is not archived is left alone. The archive is changed first: a step that breaks off is done again by the
        next one. A job whose record went cannot be requeued any more.
        """
        ...

    def keep(self, retention: Retention) -> Operation[None]:
        """Write down how long a worker keeps what, for whoever looks at the store."""
        ...

    def accept_month(self, name: str) -> Operation[bool]:
        """Take a month's archive (2026-11) as it is, whatever was sealed; whether its seal was known. `Keeping.seal` seals it anew."""
        ...
