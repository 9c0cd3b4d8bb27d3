"""Jobs, changed: cancelled, run again, repeated, revised, deleted, enqueued; one at a time or many."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, UnsetType
from starlette.responses import Response

from headway.client.options import Options
from headway.client.revising import Changes
from headway.model.clock import from_us
from headway.model.errors import OptionInvalid
from headway.model.job import State
from headway.store.protocol import CancelAnswer
from headway.view import spans
from headway.web.api.operation import Operation, address, answer, change, nothing
from headway.web.api.reading import body_of, no_body
from headway.web.api.shapes import jobs as shapes
from headway.web.api.shapes.base import Asked, Shape
from headway.web.desk import bulk as many
from headway.web.desk import handlers
from headway.web.desk import jobs as desk
from headway.web.problems import Forbidden, RequestInvalid
from headway.web.visit import Visit

TAG: Final = "jobs"
Name = Annotated[str, Meta(min_length=1, max_length=200)]
When = Annotated[str, Meta(max_length=100, description="A moment (2026-11-22T14:00Z), or from now on: 15min, 2h30m")]
Seconds = Annotated[float, Meta(gt=0, le=10 * 365 * 86_400)]
Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
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


class EnqueueJob(Asked, frozen=True, kw_only=True):
    """A job to store. `jobType` and `data` are other names of `name` and `arguments`."""

    name: Name | UnsetType = UNSET
    job_type: Name | UnsetType = UNSET
    arguments: dict[str, Any] | UnsetType = UNSET
    data: dict[str, Any] | UnsetType = UNSET
    queue: Name | UnsetType = UNSET
    priority: Small | Annotated[str, Meta(max_length=20)] | UnsetType = UNSET
    run_after: When | UnsetType = UNSET
    expires: When | UnsetType = UNSET
    retries: Small | UnsetType = UNSET
    timeout_seconds: Seconds | UnsetType = UNSET
    ref_id: Name | UnsetType = UNSET
    """Makes the request idempotent: the same reference and content is the same job."""
    unique_key: Name | UnsetType = UNSET
    unique_for_seconds: Seconds | UnsetType = UNSET
    tags: Annotated[list[Name], Meta(max_length=100)] | UnsetType = UNSET
    user_id: Name | UnsetType = UNSET
    batch_id: Name | UnsetType = UNSET
    args: dict[str, Any] | UnsetType = UNSET
    """Free facts for the handler."""


class Accepted(Shape, frozen=True, kw_only=True):
    """A job that was stored, or was there already."""

    id: int
    ref_id: str
    state: State
    group: str
    existing: bool = False
    """Whether it was there already, by its reference or its unique key."""


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
    """How many the filter still names, up to 10,000."""
    next_before: int | None


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
    return await _accepted(visit, number)


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
    return answer(shapes.item(await desk.row(visit, given)))


async def delete(visit: Visit) -> Response:
    """Delete a job for good."""
    await no_body(visit.request)
    await desk.delete(visit, visit.request.path_params["id"])
    return nothing()


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


async def enqueue(visit: Visit) -> Response:
    """Store a job of a handler that is exposed."""
    body = await body_of(visit.request, EnqueueJob)
    name = _either("name", body.name, "jobType", body.job_type)
    if name is UNSET:
        raise RequestInvalid("nothing says which job: give its handler as name", status=422)
    if name not in visit.console.exposed:
        raise Forbidden(f"jobs of {name!r} may not be enqueued through the API: the application does not expose it")
    arguments = _either("arguments", body.arguments, "data", body.data)
    made = await handlers.enqueue(visit, name, {} if arguments is UNSET else arguments, **_options(visit, body))
    return await _accepted(visit, made.id, existing=made.existing)


ABSENT: Final = frozenset({"name", "job_type", "arguments", "data", "run_after", "expires"})


def _options(visit: Visit, body: EnqueueJob) -> Options:
    """The options of the call, as Python calls them."""
    given: dict[str, Any] = {}
    for name in EnqueueJob.__struct_fields__:
        value = getattr(body, name)
        if value is UNSET or name in ABSENT:
            continue
        if name.endswith("_seconds"):
            given[name.removesuffix("_seconds")] = timedelta(seconds=value)
        else:
            given[name] = value
    for name in ("run_after", "expires"):
        value = getattr(body, name)
        if value is not UNSET:
            given[name] = moment(visit, name, value)
    options: Options = given  # type: ignore[assignment] # each is checked as at any enqueue
    return options


def _either(name: str, value: Any, alias: str, other: Any) -> Any:
    if value is not UNSET and other is not UNSET:
        raise RequestInvalid(f"{name} and {alias} are two names of the same: give one of them", status=422)
    return other if value is UNSET else value


def moment(visit: Visit, option: str, text: str) -> datetime | timedelta:
    """A moment, or a span that counts from now on."""
    word = text.strip()
    try:
        if spans.SPAN.match(word.lower()):
            return spans.span(word)
        console = visit.console
        return spans.moment(word, now=from_us(console.now_us()), zone=console.look.zone)
    except spans.SpanInvalid as error:
        raise OptionInvalid(f"{option}: {error}") from None


async def _standing(visit: Visit) -> Response:
    row = await desk.row(visit, visit.request.path_params["id"])
    return answer(Standing(id=row.id, state=row.state, group=row.state.group))


async def _accepted(visit: Visit, number: int, *, existing: bool = False) -> Response:
    """202: the job is stored, and where to ask how it stands."""
    row = await desk.row(visit, str(number))
    made = Accepted(id=row.id, ref_id=row.ref_id, state=row.state, group=row.state.group, existing=existing)
    return answer(made, 202, {"Location": address(visit, f"/{row.id}")})


LOCATION: Final = ((202, "Location", "Where to ask how it stands"),)
ROUTES: Final = (
    change(
        "POST",
        "/",
        "enqueueJob",
        enqueue,
        Operation(
            summary="Store a job of an exposed handler",
            tag=TAG,
            body=EnqueueJob,
            answers={202: Accepted},
            headers=LOCATION,
            problems=(409, 422),
        ),
    ),
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
        "DELETE",
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
