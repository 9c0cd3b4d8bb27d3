"""Many jobs at once: by their numbers, or by a filter."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType
from starlette.responses import Response

from headway.web.api.operation import Operation, answer, change
from headway.web.api.reading import body_of
from headway.web.api.shapes.base import Asked, Shape
from headway.web.desk import bulk as many
from headway.web.desk import jobs as desk
from headway.web.problems import RequestInvalid
from headway.web.visit import Visit

TAG: Final = "jobs"
Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class ActOnJobs(Asked, frozen=True, kw_only=True):
    """Which jobs, and what is to be done to them: by their numbers, or by a filter."""

    action: many.Deed
    ids: Annotated[list[Number], Meta(max_length=many.IDS_MAX)] | UnsetType = UNSET
    filter: Annotated[str, Meta(max_length=2_000, description="As in the search box: state:failed queue:mail")] = ""
    all: bool = False
    """Really every job, where the filter says nothing."""
    dry_run: bool = False
    revive: bool = False
    limit: Annotated[int, Meta(ge=1, le=many.IDS_MAX)] = many.IDS_MAX
    before: Number | None = None
    """With a filter: only jobs below this number, the `nextBefore` of the answer before."""


class BulkItem(Shape, frozen=True, kw_only=True):
    """What became of one job."""

    id: int
    outcome: str
    done: bool


class BulkAnswer(Shape, frozen=True, kw_only=True):
    """What became of each."""

    action: many.Deed
    dry_run: bool
    results: list[BulkItem]
    done: int
    not_done: int
    left: int
    """How many the filter still names; where they are counted one by one, up to 10,000."""
    next_before: int | None


async def act_on_many(visit: Visit) -> Response:
    """Do something to many jobs."""
    body = await body_of(visit.request, ActOnJobs)
    if body.ids is not UNSET and (body.filter.strip() or body.all):
        raise RequestInvalid("ids and a filter exclude each other: give one of them", status=422)
    if body.ids is UNSET and not body.filter.strip() and not body.all:
        raise RequestInvalid('nothing says which jobs: give "ids", "filter", or "all": true for every job', status=422)
    if body.ids is not UNSET:
        done = await many.act_on_ids(visit, body.action, body.ids, dry_run=body.dry_run, revive=body.revive)
    else:
        where = desk.filter_of(visit, body.filter)
        done = await many.act_on_filter(
            visit, body.action, where, dry_run=body.dry_run, revive=body.revive, limit=body.limit, before=body.before
        )
    return answer(
        BulkAnswer(
            action=done.deed,
            dry_run=done.dry_run,
            results=[BulkItem(id=one.id, outcome=one.outcome, done=one.done) for one in done.results],
            done=done.done,
            not_done=len(done.results) - done.done,
            left=done.left,
            next_before=done.next_before,
        )
    )


ROUTES: Final = (
    change(
        "POST",
        "/bulk",
        "actOnJobs",
        act_on_many,
        Operation(
            summary="Cancel, retry or delete many jobs",
            tag=TAG,
            body=ActOnJobs,
            answers={200: BulkAnswer},
            problems=(422,),
        ),
    ),
)
