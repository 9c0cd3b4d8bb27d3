"""Jobs: list, look, cancel, retry."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from headway.view import records
from headway.web.access import Permission
from headway.web.api.operation import Operation
from headway.web.desk import jobs as desk
from headway.web.route import Kind, Route
from headway.web.visit import Visit


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


async def look(visit: Visit) -> Response:
    """One job."""
    detail = await desk.detail(visit, visit.request.path_params["id"])
    return _json(records.detail(detail, visit.console.masking(detail.row.name)))


async def cancel(visit: Visit) -> Response:
    """Cancel one."""
    return _json({"answer": await desk.cancel(visit, visit.request.path_params["id"])})


ROUTES = (
    Route(
        method="GET",
        path="/{id}",
        permission=Permission.VIEW,
        run=look,
        kind=Kind.API,
        name="getJob",
        operation=Operation(summary="One job", problems=(404,)),
    ),
    Route(
        method="POST",
        path="/{id}/cancel",
        permission=Permission.MANAGE,
        run=cancel,
        kind=Kind.API,
        name="cancelJob",
        operation=Operation(summary="Cancel a job", problems=(404, 409)),
    ),
)
