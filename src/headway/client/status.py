"""How a job stands, for its caller."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from headway.model.clock import from_us
from headway.model.job import JobRow, State
from headway.model.progress import estimate

PERCENT: Final = 100
LAST_RUNS: Final = 5
"""How many earlier runs an estimate looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A look at a job; it does not change when the job does."""

    state: State
    progress: float | None
    """0 to 1; None if nothing is known of it."""
    estimated: bool
    """The job reports no progress: this is the time it has run against what earlier runs took."""
    message: str | None
    """The text of its latest progress report."""
    status_text: str | None
    """What it said last with `ctx.status`."""
    code: str | None
    """Why it is in this state, as a word: timeout, parent_failed, expired, ..."""
    reason: str | None
    """The same as a sentence."""
    attempt: int
    """The number of its present or latest attempt, the same that its `ctx.attempt` says; 0 before the first.

    Attempts that were given back uncharged (released, snoozed) do not count, nor do those before the latest requeue.
    """
    epoch: int
    """How often it was claimed, all attempts counted: the same that the attempt's `ctx.epoch` says."""
    tries: int
    """Attempts that failed since the latest requeue."""
    retries: int
    """Re-tries that it was granted."""
    blocked: str | None
    """What keeps a queued job from being claimed."""
    worker: str | None
    """The named worker on which it runs."""
    concurrency_key: str | None
    cancel_requested: bool
    created: datetime
    due: datetime
    started: datetime | None
    """Start of the latest attempt."""
    finished: datetime | None

    @property
    def progress_percentage(self) -> int | None:
        """Progress in whole percent."""
        return None if self.progress is None else int(self.progress * PERCENT + 1e-9)

    @property
    def is_final(self) -> bool:
        """Whether it has ended."""
        return self.state.is_final


def wants_estimate(row: JobRow) -> bool:
    """Whether a status should be estimated from earlier runs."""
    return row.state is State.RUNNING and row.fraction is None and row.started_us is not None


def status_of(row: JobRow, now_us: int, durations_us: tuple[int, ...] = ()) -> Status:
    """The status that a row amounts to; `durations_us` are the run times of its handler's latest successes."""
    progress = row.fraction
    estimated = False
    if row.state in {State.COMPLETED, State.EXECUTED}:
        progress = 1.0
    elif wants_estimate(row) and row.started_us is not None:
        progress = estimate(now_us - row.started_us, durations_us)
        estimated = progress is not None
    return Status(
        state=row.state,
        progress=progress,
        estimated=estimated,
        message=row.message,
        status_text=row.status,
        code=row.code,
        reason=row.reason,
        attempt=row.attempt,
        epoch=row.epoch,
        tries=row.tries,
        retries=row.retries,
        blocked=row.blocked,
        worker=row.lane,
        concurrency_key=row.key,
        cancel_requested=row.cancel_us is not None,
        created=from_us(row.created_us),
        due=from_us(row.due_us),
        started=None if row.started_us is None else from_us(row.started_us),
        finished=None if row.finished_us is None else from_us(row.finished_us),
    )
