"""Batches, for programs and for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from types import MappingProxyType
from typing import Final

from headway.model.batch import BatchRow, BatchState, BatchStatus, status_of
from headway.model.job import State
from headway.view import words
from headway.view.pages import DetailPage, Fact
from headway.view.records import Record
from headway.view.tables import NAME_WIDTH, NONE, NOTE_WIDTH, Column, Table

COLOURS: Final[Mapping[BatchState, State]] = MappingProxyType(
    {
        BatchState.OPEN: State.WAITING,
        BatchState.RUNNING: State.RUNNING,
        BatchState.CANCELLING: State.RUNNING,
        BatchState.COMPLETED: State.COMPLETED,
        BatchState.FAILED: State.FAILED,
        BatchState.CANCELLED: State.CANCELLED,
    }
)
"""The state of a job that looks like it."""
COLUMNS: Final = (
    Column(title="id", right=True),
    Column(title="state"),
    Column(title="name"),
    Column(title="jobs", right=True),
    Column(title="pending", right=True),
    Column(title="completed", right=True),
    Column(title="failed", right=True),
    Column(title="cancelled", right=True),
    Column(title="skipped", right=True),
    Column(title="created"),
    Column(title="progress"),
)


def record(row: BatchRow) -> Record:
    """A batch, for programs."""
    status = status_of(row)
    return {
        "id": row.id,
        "app": row.app,
        "name": row.name,
        "state": row.state.value,
        "total": row.expected,
        "jobs": row.jobs,
        "pending": status.pending,
        "completed": row.completed,
        "failed": row.failed,
        "cancelled": row.cancelled,
        "skipped": row.skipped,
        "existing": row.existing,
        "progress": status.progress,
        "batches": row.batches,
        "batches_pending": status.batches_pending,
        "parent": row.parent,
        "created_at": words.utc(row.created_us),
        "created_by": row.created_by,
        "tenant": row.tenant,
        "closed_at": words.utc(row.sealed_us),
        "finished_at": words.utc(row.finished_us),
        "cancel_requested_at": words.utc(row.cancel_us),
        "cancel_requested_by": row.cancel_by,
        "finish_job": row.finish_job,
        "success_job": row.success_job,
    }


def table(rows: Sequence[BatchRow], *, now_us: int, more: bool) -> Table:
    """Batches, newest first."""
    foot = words.count(len(rows), "batch").replace("batchs", "batches")
    return Table(
        columns=COLUMNS,
        rows=tuple(_cells(status_of(row), row, now_us) for row in rows),
        states=tuple(COLOURS[row.state] for row in rows),
        foot=f"{foot}; go on with --before {rows[-1].id}" if more else foot,
    )


def _cells(status: BatchStatus, row: BatchRow, now_us: int) -> tuple[str, ...]:
    numbers = (status.jobs, status.pending, status.completed, status.failed, status.cancelled, status.skipped)
    return (
        str(status.id),
        status.state.value,
        words.cut(status.name, NAME_WIDTH),
        *(words.grouped(number) for number in numbers),
        words.age(row.created_us, now_us),
        NONE if status.progress is None else f"{words.percent(status.progress)} %",
    )


def page(row: BatchRow, *, now_us: int, zone: tzinfo | None = None) -> DetailPage:
    """One batch in words."""
    return DetailPage(
        title=f"batch {row.id} {words.visible(row.name)}",
        state=COLOURS[row.state],
        facts=tuple(
            Fact(label=label, value=words.visible(value)) for label, value in _facts(row, now_us, zone) if value
        ),
        sections=(),
        history=(),
    )


def _facts(row: BatchRow, now_us: int, zone: tzinfo | None) -> Iterator[tuple[str, str]]:
    status = status_of(row)

    def when(at_us: int | None) -> str:
        return "" if at_us is None else f"{words.moment(at_us, zone)} ({words.age(at_us, now_us)})"

    yield "state", row.state.value
    yield "jobs", words.grouped(row.jobs) + ("" if row.expected is None else f" of {words.grouped(row.expected)}")
    ends = {end: getattr(status, end) for end in ("pending", "completed", "failed", "cancelled", "skipped")}
    yield "of them", words.cut(", ".join(f"{words.grouped(n)} {end}" for end, n in ends.items() if n), NOTE_WIDTH * 2)
    yield "answered with", f"{words.count(row.existing, 'job')} that existed" if row.existing else ""
    yield "progress", "" if status.progress is None else f"{words.percent(status.progress)} %"
    yield "batches in it", f"{row.batches}, {status.batches_pending} of them not ended" if row.batches else ""
    yield "part of", "" if row.parent is None else f"batch {row.parent}"
    yield "created", when(row.created_us) + (f" by {row.created_by}" if row.created_by else "")
    yield "closed", when(row.sealed_us)
    yield "finished", when(row.finished_us)
    cancelled = "" if row.cancel_us is None else f"asked for by {row.cancel_by or 'somebody'} "
    yield "cancel", cancelled and cancelled + words.age(row.cancel_us or 0, now_us)
    yield "on finish", "" if row.finish_job is None else f"job {row.finish_job}"
    yield "on success", "" if row.success_job is None else f"job {row.success_job}"
    yield "app", row.app if row.app != "default" else ""
