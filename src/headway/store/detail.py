"""Everything that a store knows of one job: its attempts, its history, its log."""

from __future__ import annotations

import msgspec

from headway.model.job import JobRow
from headway.model.outcome import EndKind, ErrorText, LogLine
from headway.store.awaited import Awaited
from headway.store.retention import Kept


class AttemptRow(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a job."""

    epoch: int
    node_uid: str | None
    started_us: int
    finished_us: int
    kind: EndKind
    code: str | None
    reason: str | None
    error: ErrorText | None


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """An unusual transition: who did what to a job, when and why."""

    at_us: int
    kind: str
    """cancel, requeue, release, crash, reap, late_result, ..."""
    epoch: int
    by: str | None
    note: str | None


class StoredLine(msgspec.Struct, frozen=True, kw_only=True):
    """A log line with its number; numbers only grow, so they serve as a cursor."""

    number: int
    epoch: int
    line: LogLine


class JobDetail(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one job, wherever it lies."""

    row: JobRow
    payload: str | None
    """None when the month's archive was taken away, or retention removed it (`kept` says so)."""
    result: str | None
    result_size: int | None
    stats: str | None
    checkpoint: str | None
    options: str | None
    extras: str | None
    attempts: tuple[AttemptRow, ...]
    events: tuple[EventRow, ...]
    parents: tuple[int, ...]
    children: tuple[int, ...]
    """Jobs that depend on it, and jobs linked to it as their parent."""
    lines_dropped: int
    """Log lines that are not there any more: over the limit of a job's log, or removed by retention."""
    kept: Kept = Kept.ALL
    batches: tuple[Awaited, ...] = ()
    """Batches that it waits for, or waited for."""
    links: str | None = None
    """JSON of the arguments that are still to become results of other jobs, as `headway.model.link` reads it."""
