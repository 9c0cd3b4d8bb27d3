"""Queues: how they stand, and what is set for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from msgspec import UNSET, UnsetType

from headway.client import checks
from headway.model.clock import MICROSECOND
from headway.model.errors import OptionInvalid
from headway.model.explain import Gate
from headway.model.rate import Rate, Window
from headway.store.acting import as_note
from headway.store.protocol import QueueCount
from headway.web.visit import Visit

QUEUE: Final = "queue"


async def listed(visit: Visit) -> tuple[QueueCount, ...]:
    """Each queue that has unfinished jobs, or for which something was set, by name."""
    await visit.see_committed()
    return await visit.read_lately(visit.reader.queues(app=visit.app))


async def one(visit: Visit, name: str) -> QueueCount:
    """How a queue stands; any name is a queue."""
    checked = checks.name(QUEUE, name)
    empty = QueueCount(queue=checked, app=visit.app, queued=0, scheduled=0, waiting=0, running=0, oldest_due_us=None)
    return next((queue for queue in await listed(visit) if queue.queue == checked), empty)


async def closed(visit: Visit) -> tuple[Gate, ...]:
    """The gates that keep whole queues from starting anything, pauses first."""
    return await visit.read(visit.reader.closed_queues(app=visit.app))


async def pause(visit: Visit, name: str) -> bool:
    """Let none of its jobs start until somebody resumes it; False if it was paused already."""
    checked = checks.name(QUEUE, name)
    return await visit.change(
        visit.console.store.pause_queue(checked, app=visit.app, by=visit.by),
        lambda changed: visit.act("pause", QUEUE, checked) if changed else None,
        kind="pause",
    )


async def resume(visit: Visit, name: str) -> bool:
    """Let its jobs start again; whether it was paused."""
    checked = checks.name(QUEUE, name)
    return await visit.change(
        visit.console.store.resume_queue(checked, app=visit.app),
        lambda changed: visit.act("resume", QUEUE, checked) if changed else None,
        kind="resume",
    )


async def limit(
    visit: Visit, name: str, *, size: int | UnsetType | None = UNSET, rate: Rate | UnsetType | None = UNSET
) -> None:
    """Set how many of its jobs may run at once, and start in a span, over all workers; None takes the limit away."""
    checked = checks.name(QUEUE, name)
    if size is UNSET and rate is UNSET:
        raise OptionInvalid("nothing says what to limit: give size or rate")
    store, before = visit.console.store, await one(visit, checked)
    if size is not UNSET:
        given = None if size is None else checks.concurrency("size", size)
        note = as_note({"size": given, "was": before.size})
        await visit.change(
            store.size_queue(checked, given, app=visit.app),
            lambda _: visit.act("limit", QUEUE, checked, note=note),
            kind="limit",
        )
    if rate is not UNSET:
        window = None if rate is None else checks.rate("rate", rate).window
        was = None if before.rate is None else before.rate.window
        note_rate = as_note({"rate": _said(window), "was": _said(was)})
        await visit.change(
            store.rate_queue(checked, window, app=visit.app),
            lambda _: visit.act("limit", QUEUE, checked, note=note_rate),
            kind="limit",
        )


def _said(window: Window | None) -> dict[str, Any] | None:
    if window is None:
        return None
    span: timedelta = window.span_us * MICROSECOND
    return {"starts": window.starts, "per_seconds": span.total_seconds()}
