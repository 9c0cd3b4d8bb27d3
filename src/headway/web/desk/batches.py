"""Batches: listed, looked up, cancelled."""

from __future__ import annotations

from typing import Final

import msgspec

from headway.model.batch import BatchRow
from headway.model.errors import BatchNotFound
from headway.store.acting import as_note
from headway.store.batching import BatchCancelled
from headway.store.protocol import CancelAnswer
from headway.web.desk.found import ID_DIGITS_MAX
from headway.web.problems import Conflict
from headway.web.visit import Visit

BATCH: Final = "batch"
STEPS_MAX: Final = 20
"""Steps of cancelling within one request; workers do the rest."""
LISTED_MAX: Final = 200


async def listed(
    visit: Visit, *, active: bool = False, limit: int = 50, before_id: int | None = None
) -> tuple[BatchRow, ...]:
    """Batches of the app, newest first; `active`: only those that have not ended."""
    size = max(1, min(limit, LISTED_MAX))
    return await visit.read(visit.reader.batches(app=visit.app, active=active, limit=size, before_id=before_id))


async def one(visit: Visit, name_or_id: str) -> BatchRow:
    """One batch of the app, by its name, else by its number; BatchNotFound."""
    found = await visit.read(visit.reader.batch(name_or_id, app=visit.app))
    if found is None and name_or_id.isascii() and name_or_id.isdecimal() and len(name_or_id) <= ID_DIGITS_MAX:
        found = await visit.read(visit.reader.batch(int(name_or_id), app=visit.app))
    if found is None:
        raise BatchNotFound(f"there is no batch {name_or_id!r} here")
    return found


async def cancel(visit: Visit, name_or_id: str) -> BatchCancelled:
    """Cancel it with all its jobs and the batches in it; Conflict when it has ended. `more`: workers go on with the rest."""
    batch = await one(visit, name_or_id)
    store = visit.console.store
    first = step = await visit.change(
        store.cancel_batch(batch.id, by=visit.by),
        lambda done: (
            visit.act("cancel", BATCH, batch.name, note=as_note({"was": batch.state.value, "jobs": batch.jobs}))
            if done.answer in {CancelAnswer.CANCELLED, CancelAnswer.REQUESTED}
            else None
        ),
        kind="cancel",
    )
    match first.answer:
        case CancelAnswer.NOT_FOUND:
            raise BatchNotFound(f"there is no batch {name_or_id!r} here")
        case CancelAnswer.FINAL:
            raise Conflict(f"the batch {batch.name!r} had ended before, so there is nothing to cancel")
        case _:
            jobs, steps = step.jobs, 1
    while step.more and steps < STEPS_MAX:
        step = await visit.change(store.cancel_batch(batch.id, by=visit.by), lambda _: None, kind="cancel")
        jobs, steps = jobs + step.jobs, steps + 1
    return msgspec.structs.replace(first, jobs=jobs, more=step.more)
