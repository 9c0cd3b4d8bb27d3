"""What the end of a job is to its caller: a value, or the exception that says why there is none."""

from __future__ import annotations

from typing import Any, Final

from headway.model.callback import CALLBACK_FAILED
from headway.model.errors import JobCancelled, JobFailed, ResultNotReady
from headway.model.job import State
from headway.model.outcome import EndKind
from headway.model.stored_result import decode_result
from headway.store.protocol import JobDetail

BAD_ENDS: Final = frozenset({EndKind.RAISED, EndKind.TIMED_OUT, EndKind.CRASHED, EndKind.SUSPECT})
"""Endings that count as attempts in the words of a failure: what was released or snoozed was no try."""


def result_of(detail: JobDetail, result_type: Any) -> Any:
    """The value of a completed job, rebuilt as its handler's type; None if it was not stored. Else the fitting exception."""
    row = detail.row
    match row.state:
        case State.COMPLETED:
            return None if detail.result is None else decode_result(detail.result, result_type)
        case State.FAILED:
            raise _failed(detail)
        case State.CANCELLED | State.SKIPPED:
            why = ": ".join(filter(None, (row.code, row.reason)))
            verb = "cancelled" if row.state is State.CANCELLED else "skipped"
            raise JobCancelled(
                f"job {row.id} ({row.name}) was {verb}" + (f": {why}" if why else ""), code=row.code, reason=row.reason
            )
        case _:
            raise ResultNotReady(f"job {row.id} is {row.state}; it goes on")


def _failed(detail: JobDetail) -> JobFailed:
    row = detail.row
    if row.code == CALLBACK_FAILED:
        return JobFailed(
            f"job {row.id} ({row.name}) returned, but {row.reason}; its result is kept, and a retry runs the callback only",
            code=row.code,
            message=row.reason,
            error_type=None,
            traceback=None,
            attempts=row.attempt,
        )
    bad = [attempt for attempt in detail.attempts if attempt.kind in BAD_ENDS]
    last = max(bad, key=lambda attempt: attempt.epoch, default=None)
    error = last.error if last is not None else None
    message = row.reason or (error.message if error is not None else None)
    what = ": ".join(filter(None, (row.code, error.type if error is not None else None, message)))
    count = len(bad)
    plural = "" if count == 1 else "s"
    return JobFailed(
        f"job {row.id} ({row.name}) failed after {count} attempt{plural}" + (f": {what}" if what else ""),
        code=row.code,
        message=error.message if error is not None else row.reason,
        error_type=error.type if error is not None else None,
        traceback=error.traceback if error is not None else None,
        attempts=count,
    )
