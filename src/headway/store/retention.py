"""How long what is kept, what a step of it removed, and what it has left of a job."""

from __future__ import annotations

from enum import StrEnum

import msgspec


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
