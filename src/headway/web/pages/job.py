"""One job."""

from __future__ import annotations

from starlette.responses import Response

from headway.view.pages import detail_page
from headway.web.desk import jobs as desk
from headway.web.live import live
from headway.web.pages.forms import deed
from headway.web.pages.frame import go, show
from headway.web.route import page
from headway.web.visit import Visit


async def look(visit: Visit) -> Response:
    """Everything about it."""
    detail = await desk.detail(visit, visit.request.path_params["id"])
    console = visit.console
    shown = detail_page(detail, console.masking(detail.row.name), now_us=console.now_us(), zone=console.look.zone)
    return show(visit, "job.html", nav="jobs", row=detail.row, page=shown)


async def cancel(visit: Visit) -> Response:
    """Cancel it, and show how it stands."""
    given = visit.request.path_params["id"]
    await desk.cancel(visit, given)
    return go(visit, f"/jobs/{given}")


ROUTES = (page("/jobs/{id}", "job", live(look)), deed("/jobs/{id}/cancel", "job-cancel", cancel))
