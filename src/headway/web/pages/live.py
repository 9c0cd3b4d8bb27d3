"""What runs and what is to run, newest first, as it happens."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace
from starlette.responses import Response

from headway.model.job import State
from headway.store.protocol import JobFilter
from headway.web.desk import jobs, queues
from headway.web.live import live
from headway.web.pages.estimating import estimated
from headway.web.pages.frame import show
from headway.web.pages.gating import closed
from headway.web.route import page
from headway.web.visit import Visit

SHOWN: Final = 50
RUNNING: Final = (State.RUNNING, State.EXECUTED)
PENDING: Final = (State.QUEUED, State.WAITING, State.SCHEDULED)
LATELY: Final = 10


async def look(visit: Visit) -> Response:
    """Running, pending, and what ended a moment ago; of one queue if one is named."""
    queue = visit.request.query_params.get("queue") or None
    where = JobFilter(app=visit.app, queues=() if queue is None else (queue,))
    running = await jobs.listed(visit, replace(where, states=RUNNING), limit=SHOWN)
    pending = await jobs.listed(visit, replace(where, states=PENDING), limit=SHOWN)
    known = await queues.listed(visit)
    return show(
        visit,
        "live.html",
        nav="live",
        queue=queue,
        queues=known,
        running=await estimated(visit, running.rows),
        running_page=running,
        pending=pending.rows,
        closed=await closed(visit, pending.rows),
        pending_page=pending,
        counts=await jobs.counts(visit),
        shown=SHOWN,
    )


ROUTES = (page("/live", "live", live(look)),)
