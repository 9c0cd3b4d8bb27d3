"""Batches: jobs that belong together, what is counted of them, and how all of them together ended.

A batch counts its jobs by their present states, so a requeue changes the counts again. What fires, fires once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec

from headway.model.clock import from_us
from headway.model.job import State

STATUS_FACT: Final = "batch"
"""Under this name the extras of a batch's callback hold the batch as it was when it fired."""


class BatchState(StrEnum):
    """Where a batch is in its life."""

    OPEN = "open"
    """Jobs may still be added, so it cannot end."""
    RUNNING = "running"
    """Closed; something in it has not ended."""
    CANCELLING = "cancelling"
    """Cancelled; something in it has not ended."""
    COMPLETED = "completed"
    """Everything in it ended well: completed, or skipped because a condition was not met."""
    FAILED = "failed"
    """Everything in it ended, and something failed."""
    CANCELLED = "cancelled"
    """Everything in it ended, nothing failed, and something was cancelled, or the batch itself."""

    @property
    def is_final(self) -> bool:
        """Whether nothing but a requeue of one of its jobs leaves this state."""
        return self in _ENDS


_ENDS: Final = frozenset({BatchState.COMPLETED, BatchState.FAILED, BatchState.CANCELLED})


class BatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A batch as the store knows it. Times are UTC microseconds."""

    id: int
    app: str
    name: str
    """Unique within the app."""
    parent: int | None = None
    """The number of the batch that this one is a part of."""
    expected: int | None = None
    """So many jobs will come; then it closes itself."""
    created_us: int = 0
    created_by: str | None = None
    sealed_us: int | None = None
    finished_us: int | None = None
    """When everything in it had ended for the first time."""
    succeeded_us: int | None = None
    """When everything in it had ended well for the first time."""
    cancel_us: int | None = None
    cancel_by: str | None = None
    outcome: State | None = None
    """How it ended; None while something in it has not, also again after a requeue."""
    jobs: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    skipped: int = 0
    existing: int = 0
    """Calls that were answered with jobs that were there already: they count towards what is expected, and as nothing else."""
    batches: int = 0
    """The batches that are parts of it."""
    batches_completed: int = 0
    batches_failed: int = 0
    batches_cancelled: int = 0
    finish_job: int | None = None
    """The number of the job that `on_finish` became."""
    success_job: int | None = None
    tenant: str | None = None
    """For whom it is done."""

    @property
    def state(self) -> BatchState:
        """Where it is in its life."""
        if self.outcome is not None:
            return BatchState(self.outcome.value)
        if self.cancel_us is not None:
            return BatchState.CANCELLING
        return BatchState.OPEN if self.sealed_us is None else BatchState.RUNNING

    def judge(self) -> State | None:
        """How everything in it ended, by what is counted now; None while it is open or something has not ended."""
        ended = self.completed + self.failed + self.cancelled + self.skipped
        batches_ended = self.batches_completed + self.batches_failed + self.batches_cancelled
        if self.sealed_us is None or ended < self.jobs or batches_ended < self.batches:
            return None
        if self.failed or self.batches_failed:
            return State.FAILED
        if self.cancelled or self.batches_cancelled or self.cancel_us is not None:
            return State.CANCELLED
        return State.COMPLETED


@dataclass(frozen=True, slots=True)
class BatchRef:
    """A batch by its name: it need not be there yet. What `depends_on=` takes."""

    app: str
    name: str

    @property
    def batch_ref(self) -> BatchRef:
        """Itself."""
        return self


@dataclass(frozen=True, slots=True)
class BatchKey(BatchRef):
    """A batch that is there, by its number: jobs can be added to it."""

    id: int
    tenant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchStatus:
    """A look at a batch; it does not change when the batch does."""

    id: int
    app: str
    name: str
    state: BatchState
    total: int | None
    """So many jobs it was said to get, those among `existing` counted."""
    jobs: int
    """So many it has: they are its members, and the counts below are theirs."""
    pending: int
    """Of them have not ended."""
    completed: int
    failed: int
    cancelled: int
    skipped: int
    existing: int
    """So many calls were answered with a job that was there already, by a unique key or a ref_id, and is no job of it
    for that: the batch does not wait for it."""
    batches: int
    """So many batches are parts of it, at any state."""
    batches_pending: int
    parent: int | None
    """The number of the batch that it is a part of."""
    created: datetime
    created_by: str | None
    closed: datetime | None
    finished: datetime | None
    """When everything in it had ended for the first time."""
    cancelled_by: str | None
    finish_job: int | None
    """The number of the job that `on_finish` became, once everything had ended."""
    success_job: int | None
    """The same of `on_success`, once everything had ended well."""
    tenant: str | None = None
    """For whom it is done: what is added to it belongs to the same tenant, unless it says otherwise."""

    @property
    def batch_ref(self) -> BatchRef:
        """What `depends_on=` and `batch=` read off it."""
        return BatchRef(self.app, self.name)

    @property
    def is_final(self) -> bool:
        """Whether everything in it has ended."""
        return self.state.is_final

    @property
    def progress(self) -> float | None:
        """The share of its jobs that have ended, 0 to 1; None where nobody knows how many it will have."""
        total = self.jobs
        if self.closed is None:
            if self.total is None:
                return None
            total = self.total - self.existing
        return (self.jobs - self.pending) / total if total else 1.0


def status_of(row: BatchRow) -> BatchStatus:
    """The status that a row amounts to."""
    return BatchStatus(
        id=row.id,
        app=row.app,
        name=row.name,
        state=row.state,
        total=row.expected,
        jobs=row.jobs,
        pending=row.jobs - row.completed - row.failed - row.cancelled - row.skipped,
        completed=row.completed,
        failed=row.failed,
        cancelled=row.cancelled,
        skipped=row.skipped,
        existing=row.existing,
        batches=row.batches,
        batches_pending=row.batches - row.batches_completed - row.batches_failed - row.batches_cancelled,
        parent=row.parent,
        created=from_us(row.created_us),
        created_by=row.created_by,
        closed=None if row.sealed_us is None else from_us(row.sealed_us),
        finished=None if row.finished_us is None else from_us(row.finished_us),
        cancelled_by=row.cancel_by,
        finish_job=row.finish_job,
        success_job=row.success_job,
        tenant=row.tenant,
    )


def with_status(extras: str | None, row: BatchRow) -> str:
    """A callback's extras with the batch in them, as it is."""
    given: dict[str, Any] = msgspec.json.decode(extras) if extras else {}
    return msgspec.json.encode({**given, STATUS_FACT: row}).decode()


def status_in(extras: str | None) -> BatchStatus | None:
    """The batch that a callback's extras hold; None where it is no callback of a batch."""
    if extras is None or STATUS_FACT not in extras:
        return None
    given: Mapping[str, Any] = msgspec.json.decode(extras)
    found = given.get(STATUS_FACT)
    return None if found is None else status_of(msgspec.convert(found, BatchRow))
