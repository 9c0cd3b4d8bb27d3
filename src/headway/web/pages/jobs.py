"""The list of jobs."""

from __future__ import annotations

from starlette.responses import Response

from headway.store.protocol import JobFilter
from headway.web.live import live
from headway.web.pages.frame import show
from headway.web.route import page
from headway.web.visit import Visit


async def look(visit: Visit) -> Response:
    """The newest."""
    found = await visit.read(visit.reader.page(JobFilter(app=visit.app)))
    return show(visit, "jobs.html", nav="jobs", page=found)


ROUTES = (page("/jobs", "jobs", live(look)),)
