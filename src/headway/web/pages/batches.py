"""Batches: how far each is, what it is made of, and cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from headway.model.batch import BatchRow, BatchState, BatchStatus, status_of
from headway.model.errors import BatchNotFound
from headway.model.job import State
from headway.store.protocol import JobFilter
from headway.view import words
from headway.view.batches import COLOURS
from headway.web.charts.shares import Shares, shares
from headway.web.desk import batches as desk
from headway.web.desk import jobs
from headway.web.desk.found import ID_DIGITS_MAX
from headway.web.live import live
from headway.web.pages.estimating import estimated
from headway.web.pages.forms import deed
from headway.web.pages.frame import go, show
from headway.web.pages.gating import closed
from headway.web.problems import RequestInvalid
from headway.web.route import page
from headway.web.visit import Visit

PARTS_MAX: Final = 1_000
"""So many batches that were created after one are looked through for its parts."""
PAGE: Final = 200
PAGE_MAX: Final = 100
MEMBERS_SHOWN: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLine:
    """One batch."""

    row: BatchRow
    status: BatchStatus
    looks: State
    """The state of a job that looks like it."""
    outcomes: Shares
    percent: int | None
    """How much of it has ended; None where nobody knows how many jobs it will have."""

    @property
    def path(self) -> str:
        """Its page."""
        return f"/batches/{self.row.id}"


def batch_line(row: BatchRow) -> BatchLine:
    """A batch in words."""
    status = status_of(row)
    whole = (
        row.jobs if row.sealed_us is not None or row.expected is None else max(row.jobs, row.expected - row.existing)
    )
    ended = {
        State.COMPLETED: row.completed,
        State.FAILED: row.failed,
        State.CANCELLED: row.cancelled,
        State.SKIPPED: row.skipped,
    }
    return BatchLine(
        row=row,
        status=status,
        looks=COLOURS[row.state],
        outcomes=shares(ended, whole),
        percent=words.percent(status.progress),
    )


async def look(visit: Visit) -> Response:
    """All of them, newest first, or those that have not ended."""
    query = visit.request.query_params
    active, size = "active" in query, min(visit.console.look.page_size, PAGE_MAX)
    before = _number(query.get("before"))
    rows = await desk.listed(visit, active=active, limit=size + 1, before_id=before)
    return show(
        visit,
        "batches.html",
        nav="batches",
        lines=[batch_line(row) for row in rows[:size]],
        active=active,
        before=before,
        next_id=rows[size - 1].id if len(rows) > size else None,
    )


async def look_at(visit: Visit) -> Response:
    """One of them: counts, parts, members, callbacks."""
    row = await meant(visit)
    where = JobFilter(app=visit.app, batch_id=row.name)
    members = await jobs.listed(visit, where, limit=MEMBERS_SHOWN)
    parent = None if row.parent is None else await visit.read(visit.reader.batch(row.parent, app=visit.app))
    return show(
        visit,
        "batch.html",
        nav="batches",
        line=batch_line(row),
        parts=[batch_line(one) for one in await parts(visit, row)],
        parent=parent,
        members=await estimated(visit, members.rows),
        closed=await closed(visit, members.rows),
        members_page=members,
        is_open=row.state is BatchState.OPEN,
    )


async def parts(visit: Visit, whole: BatchRow) -> list[BatchRow]:
    """The batches in it: each was created after it, so its number is higher. As far as they are among the newest."""
    found: list[BatchRow] = []
    before: int | None = None
    looked = 0
    while len(found) < whole.batches and looked < PARTS_MAX:
        rows = await desk.listed(visit, limit=PAGE, before_id=before)
        found += [row for row in rows if row.parent == whole.id]
        looked += len(rows)
        if len(rows) < PAGE or rows[-1].id < whole.id:
            break
        before = rows[-1].id
    return found


async def cancel(visit: Visit) -> Response:
    """Cancel one with all its jobs."""
    row = await meant(visit)
    done = await desk.cancel(visit, row.name)
    said = f"{words.visible(row.name)} is cancelled, {words.count(done.jobs, 'job')} with it"
    return go(visit, f"/batches/{row.id}", said + (": a worker goes on with the rest." if done.more else "."))


async def meant(visit: Visit) -> BatchRow:
    """The batch of the address, which is by its number; BatchNotFound."""
    number = _number(visit.request.path_params["id"], lost=True)
    found = None if number is None else await visit.read(visit.reader.batch(number, app=visit.app))
    if found is None:
        raise BatchNotFound(f"there is no batch of that number here: {visit.request.path_params['id'][:20]!r}")
    return found


def _number(text: str | None, *, lost: bool = False) -> int | None:
    if text is None:
        return None
    if text.isascii() and text.isdecimal() and len(text) <= ID_DIGITS_MAX:
        return int(text)
    if lost:
        return None
    raise RequestInvalid(f"before must be the number of a batch, not {text[:50]!r}")


ROUTES = (
    page("/batches", "batches", live(look)),
    page("/batches/{id}", "batch", live(look_at)),
    deed("/batches/{id}/cancel", "batch-cancel", cancel),
)
