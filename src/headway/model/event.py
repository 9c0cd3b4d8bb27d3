"""What the hooks `on_success`, `on_failure`, `on_retry` and `on_cancel` are told: how a job or attempt ended, once that is durable."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from headway.model.claim import Claim
from headway.model.clock import MICROSECOND, from_us
from headway.model.job import JobRow, State
from headway.model.outcome import EndKind, Settlement

CHARGED: Final = frozenset({EndKind.RAISED, EndKind.TIMED_OUT, EndKind.CRASHED})
"""The ends after which a job waits for a retry; a snooze or a release is none."""


class EventKind(StrEnum):
    """What became of the job."""

    COMPLETED = "completed"
    """It succeeded."""
    FAILED = "failed"
    """It failed for good."""
    RETRYING = "retrying"
    """The attempt failed, timed out or crashed, and the job will be tried again."""
    CANCELLED = "cancelled"
    """It ended cancelled."""


ENDED: Final = MappingProxyType(
    {State.COMPLETED: EventKind.COMPLETED, State.FAILED: EventKind.FAILED, State.CANCELLED: EventKind.CANCELLED}
)
"""The ends to which a job can come without an attempt of its own that is settled."""


class JobEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The end of an attempt, or of a job that no attempt ended, as it was written in the store."""

    kind: EventKind
    id: int
    epoch: int
    ref_id: str
    name: str
    queue: str
    attempt: int
    """The attempt's number for people, from 1; of the latest one where the job ended without one, and 0 where it never ran."""
    code: str | None = None
    """The code that the job or attempt has now: timeout, poison, crashed, cancelled, ..."""
    reason: str | None = None
    error_type: str | None = None
    message: str | None = None
    """The exception's text, cut and cleaned."""
    traceback: str | None = None
    due: datetime | None = None
    """When it is tried again; aware."""


def event_of(
    claim: Claim, settlement: Settlement, state: State, now_us: int, kinds: AbstractSet[EventKind]
) -> JobEvent | None:
    """What hooks for these kinds are told of an attempt whose job is in this state now; None where there is nothing to tell."""
    kind = _kind(settlement, state)
    if kind is None or kind not in kinds:
        return None
    # A cancellation that was asked for in time wins over what the attempt came to.
    overruled = state is not settlement.state
    error = None if overruled else settlement.error
    return JobEvent(
        kind=kind,
        id=claim.id,
        epoch=claim.epoch,
        ref_id=claim.ref_id,
        name=claim.name,
        queue=claim.queue,
        attempt=claim.tries + claim.crashes + 1,
        code="cancelled" if overruled else settlement.code,
        reason=None if overruled else settlement.reason,
        error_type=None if error is None else error.type,
        message=None if error is None else error.message,
        traceback=None if error is None else error.traceback,
        due=from_us(now_us) + settlement.due_delay_us * MICROSECOND if kind is EventKind.RETRYING else None,
    )


def event_of_row(row: JobRow, *, was_running: bool, kinds: AbstractSet[EventKind]) -> JobEvent | None:
    """What hooks for these kinds are told of a job that ended, and not because an attempt was settled."""
    kind = ENDED.get(row.state)
    if kind is None or kind not in kinds:
        return None
    return JobEvent(
        kind=kind,
        id=row.id,
        epoch=row.epoch,
        ref_id=row.ref_id,
        name=row.name,
        queue=row.queue,
        attempt=row.tries + row.crashes + was_running,
        code=row.code,
        reason=row.reason,
    )


def _kind(settlement: Settlement, state: State) -> EventKind | None:
    match state:
        case State.COMPLETED:
            return EventKind.COMPLETED
        case State.FAILED:
            return EventKind.FAILED
        case State.CANCELLED:
            return EventKind.CANCELLED
        case State.SCHEDULED if settlement.kind in CHARGED:
            return EventKind.RETRYING
        case _:
            return None
