"""Jobs, changed: cancelled, run again, repeated, revised, deleted."""

from __future__ import annotations

from http import HTTPMethod
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, UnsetType
from starlette.responses import Response

from headway.client.revising import Changes
from headway.model.job import State
from headway.store.protocol import CancelAnswer
from headway.web.api.accepted import LOCATION, Accepted, When, accepted, moment
from headway.web.api.operation import Operation, answer, change, nothing
from headway.web.api.reading import body_of, no_body
from headway.web.api.shapes import jobs as shapes
from headway.web.api.shapes.base import Asked, Shape
from headway.web.desk import jobs as desk
from headway.web.desk.masked import masked
from headway.web.visit import Visit

TAG: Final = "jobs"
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Small = Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]


class Cancelled(Shape, frozen=True, kw_only=True):
    """What a cancel did."""

    id: int
    outcome: CancelAnswer
    """cancelled: it never starts. requested: its worker is told. already_requested: it was."""
    state: State
    group: str


class Standing(Shape, frozen=True, kw_only=True):
    """How a job stands after what was asked for."""

    id: int
    state: State
    group: str


class RetryJob(Asked, frozen=True, kw_only=True):
    """How to run it again."""

    revive: bool = False
    """Also jobs that never ran because they depend on it."""


class ReviseJob(Asked, frozen=True, kw_only=True):
    """What is to change; what is not given stays."""

    priority: Small | Annotated[str, Meta(max_length=20)] | UnsetType = UNSET
    queue: Name | UnsetType = UNSET
    run_after: When | UnsetType = UNSET
    arguments: dict[str, Any] | UnsetType = UNSET
    """They take the place of the stored ones of the same names."""


async def cancel(visit: Visit) -> Response:
    """Cancel a job."""
    await no_body(visit.request)
    given = visit.request.path_params["id"]
    outcome = await desk.cancel(visit, given)
    row = await desk.row(visit, given)
    return answer(Cancelled(id=row.id, outcome=outcome, state=row.state, group=row.state.group))


async def retry(visit: Visit) -> Response:
    """Run a job again."""
    body = await body_of(visit.request, RetryJob, needed=False)
    await desk.retry(visit, visit.request.path_params["id"], revive=body.revive)
    return await _standing(visit)


async def replay(visit: Visit) -> Response:
    """Do once more what a job did, as a new job."""
    await no_body(visit.request)
    number = await desk.replay(visit, visit.request.path_params["id"])
    return await accepted(visit, number)


async def revise(visit: Visit) -> Response:
    """Change a job that waits."""
    body = await body_of(visit.request, ReviseJob)
    changes: Changes = {}
    if body.priority is not UNSET:
        changes["priority"] = body.priority  # type: ignore[typeddict-item] # the desk checks which words there are
    if body.queue is not UNSET:
        changes["queue"] = body.queue
    if body.run_after is not UNSET:
        changes["run_after"] = moment(visit, "runAfter", body.run_after)
    if body.arguments is not UNSET:
        changes["arguments"] = body.arguments
    given = visit.request.path_params["id"]
    await desk.revise(visit, given, **changes)
    (row,) = await masked(visit, (await desk.row(visit, given),))
    return answer(shapes.item(row))


async def delete(visit: Visit) -> Response:
    """Delete a job for good."""
    await no_body(visit.request)
    await desk.delete(visit, visit.request.path_params["id"])
    return nothing()


async def _standing(visit: Visit) -> Response:
    row = await desk.row(visit, visit.request.path_params["id"])
    return answer(Standing(id=row.id, state=row.state, group=row.state.group))


ROUTES: Final = (
    change(
        "PATCH",
        "/{id}",
        "reviseJob",
        revise,
        Operation(
            summary="Change a job that waits",
            tag=TAG,
            body=ReviseJob,
            answers={200: shapes.JobItem},
            problems=(404, 409, 422),
        ),
    ),
    change(
        HTTPMethod.DELETE,
        "/{id}",
        "deleteJob",
        delete,
        Operation(summary="Delete a job for good", tag=TAG, answers={204: None}, problems=(404, 409)),
    ),
    change(
        "POST",
        "/{id}/cancel",
        "cancelJob",
        cancel,
        Operation(summary="Cancel a job", tag=TAG, answers={200: Cancelled}, problems=(404, 409)),
    ),
    change(
        "POST",
        "/{id}/retry",
        "retryJob",
        retry,
        Operation(
            summary="Run a failed or cancelled job again",
            tag=TAG,
            body=RetryJob,
            body_needed=False,
            answers={200: Standing},
            problems=(404, 409, 422),
        ),
    ),
    change(
        "POST",
        "/{id}/replay",
        "replayJob",
        replay,
        Operation(
            summary="Do once more what an ended job did, as a new job",
            tag=TAG,
            answers={202: Accepted},
            headers=LOCATION,
            problems=(404, 409),
        ),
    ),
)
