"""Jobs, as the API tells them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headway.model.job import JobRow, State
from headway.store.protocol import JobDetail, StoredLine
from headway.view import records
from headway.view.secrets import Masking, mask
from headway.view.words import utc
from headway.web.api.shapes.base import Fraction, Moment, Record, Shape


class JobItem(Shape, frozen=True, kw_only=True):
    """A job, as lists show it."""

    id: int
    app: str
    ref_id: str
    name: str
    """The handler."""
    job_type: str
    """The same, under another name."""
    queue: str
    state: State
    group: str
    """The coarse state: Pending, Running, Completed, Failed, Cancelled or Skipped."""
    priority: int
    created_at: Moment
    due_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    completed_at: Moment | None
    """The same as `finishedAt`: when it ended, however."""
    expires_at: Moment | None
    epoch: int
    tries: int
    crashes: int
    retries: int
    """Re-tries that it is allowed."""
    retry_count: int
    """Attempts that were tried again since the latest requeue."""
    code: str | None
    reason: str | None
    progress: Fraction | None
    progress_percentage: int | None
    message: str | None
    progress_message: str | None
    """The same as `message`."""
    status: str | None
    node_id: int | None
    cancel_requested_at: Moment | None
    cancel_requested_by: str | None
    blocked: str | None
    worker: str | None
    concurrency_key: str | None
    concurrency_limit: int | None
    key_rate_starts: int | None
    key_rate_per_seconds: float | None
    parents_left: int
    when: str | None
    callback_of: int | None
    tags: list[str]
    created_by: str | None
    user_id: str | None
    tenant: str | None
    batch_id: str | None
    batch: int | None
    reply_to: str | None
    parent_id: int | None
    archived: bool
    unique_key: str | None
    replay_of: int | None


class Fault(Shape, frozen=True, kw_only=True):
    """An exception as text."""

    type: str
    message: str | None
    traceback: str | None


class Attempt(Shape, frozen=True, kw_only=True):
    """One run of a job."""

    epoch: int
    node: str | None
    started_at: Moment
    finished_at: Moment
    seconds: float
    end: str
    code: str | None
    reason: str | None
    error: Fault | None


class Step(Shape, frozen=True, kw_only=True):
    """One line of a job's history."""

    at: Moment
    exact: bool
    """False: the moment is that of what was seen next."""
    was: State | None
    state: State
    kind: str
    epoch: int | None
    by: str | None
    note: str | None


class LogLine(Shape, frozen=True, kw_only=True):
    """One line of a job's log."""

    number: int
    epoch: int
    at: Moment
    timestamp: Moment
    """The same as `at`."""
    level: str
    text: str
    message: str
    """The same as `text`."""


class Awaited(Shape, frozen=True, kw_only=True):
    """A batch that a job waits for."""

    name: str
    exists: bool
    outcome: State | None
    waits: bool


class JobAnswer(JobItem, frozen=True, kw_only=True):
    """Everything about one job, secrets masked."""

    module_name: str | None
    """Where the handler's code stands; None where it is not known here."""
    error: str | None
    """What went wrong in its latest attempt, if that did."""
    schedule: str | None
    scheduled_for: Moment | None
    arguments: Any
    data: Any
    """The same as `arguments`."""
    arguments_masked: str
    """How secrets were found: as declared, or by name only."""
    result: Any
    result_link: str | None
    result_bytes_not_stored: int | None
    statistics: Any
    checkpoint: Any
    options: Any
    extras: Any
    attempts: list[Attempt]
    history: list[Step]
    parents: list[int]
    children: list[int]
    after_batches: list[Awaited]
    log_lines_dropped: int
    kept: str
    logs: list[LogLine]
    """Its log: up to a thousand lines."""


class JobList(Shape, frozen=True, kw_only=True):
    """A page of jobs."""

    items: list[JobItem]
    total_count: int
    total_exact: bool
    """False: `totalCount` is a floor, because counting stopped at a limit."""
    page: int | None
    """None where the page was asked for by a cursor."""
    page_size: int
    next_after: str | None
    """Give it as `after` to go on; None at the end."""
    searched_to: Moment | None
    """Jobs created before that were not looked at: the search stopped at its time limit; go on with `after`."""


class LogPage(Shape, frozen=True, kw_only=True):
    """Lines of a job's log."""

    items: list[LogLine]
    next_after: int | None
    """Give it as `after` to go on; None where these are the latest."""
    dropped: int
    """Lines that are not there any more."""


def item(row: JobRow) -> JobItem:
    """A job of a list."""
    return JobItem(**_item(records.job(row), row))


def _item(record: Record, row: JobRow) -> Record:
    return {
        **record,
        "job_type": row.name,
        "completed_at": record["finished_at"],
        "retry_count": max(0, row.attempt - 1),
        "progress_message": record["message"],
    }


def detail(value: JobDetail, masking: Masking, lines: Sequence[StoredLine], *, module: str | None) -> JobAnswer:
    """One job with everything."""
    found = records.detail(value, masking)
    attempts = [Attempt(**{**one, "error": _fault(one["error"])}) for one in found["attempts"]]
    return JobAnswer(
        **{
            **_item(found, value.row),
            "module_name": module,
            "error": _error(value.row, attempts),
            "data": found["arguments"],
            "attempts": attempts,
            "history": [Step(**one) for one in found["history"]],
            "after_batches": [Awaited(**one) for one in found["after_batches"]],
            "logs": log_lines(value, masking, lines),
        }
    )


def log_lines(value: JobDetail, masking: Masking, lines: Sequence[StoredLine]) -> list[LogLine]:
    """Lines of its log, secrets masked."""
    masked = mask(value.payload, masking)
    return [LogLine(**(one := records.line(line, masked)), timestamp=one["at"], message=one["text"]) for line in lines]


def page_of(
    rows: Sequence[JobRow],
    *,
    total: int,
    total_exact: bool,
    page: int | None,
    size: int,
    next_after: str | None = None,
    searched_to_us: int | None = None,
) -> JobList:
    """A page of a list."""
    return JobList(
        items=[item(row) for row in rows],
        total_count=total,
        total_exact=total_exact,
        page=page,
        page_size=size,
        next_after=next_after,
        searched_to=utc(searched_to_us),
    )


def _fault(error: Record | None) -> Fault | None:
    return None if error is None else Fault(**error)


def _error(row: JobRow, attempts: Sequence[Attempt]) -> str | None:
    """What a person asks first: why it failed."""
    latest = attempts[-1] if attempts else None
    if row.state is State.COMPLETED or latest is None or latest.error is None:
        return row.reason if row.state is State.FAILED else None
    return f"{latest.error.type}: {latest.error.message}"
