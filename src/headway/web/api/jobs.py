"""Jobs, looked at: a list with every filter, one with everything, its log, and why it does not run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Final

from msgspec import Meta
from msgspec.structs import replace
from starlette.responses import Response, StreamingResponse

from headway.model.job import State
from headway.model.sort import SortKey, read_sort
from headway.store.protocol import JobDetail
from headway.view import explaining, pages
from headway.view.filters import KEYS, Part
from headway.view.secrets import mask
from headway.web.api.operation import TEXT, Operation, answer, look
from headway.web.api.reading import query_of
from headway.web.api.shapes import jobs as shapes
from headway.web.api.shapes.base import Asked
from headway.web.api.shapes.explaining import Explained, explained
from headway.web.desk import jobs as desk
from headway.web.problems import RequestInvalid
from headway.web.visit import Visit

TAG: Final = "jobs"
PAGE_SIZE: Final = 20
PAGE_SIZE_MAX: Final = 200
LINES_MAX: Final = 1_000

Text = Annotated[str, Meta(max_length=2_000)]
Several = Annotated[tuple[Text, ...], Meta(max_length=100)]
Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
PageNumber = Annotated[int, Meta(ge=1, le=desk.OFFSET_MAX + 1)]
PageSize = Annotated[int, Meta(ge=1, le=PAGE_SIZE_MAX)]
Order = Annotated[
    str,
    Meta(max_length=20, description=f"{', '.join(SortKey)}; with a minus in front: downward", examples=["-created"]),
]


class JobQuery(Asked, frozen=True, kw_only=True):
    """Which jobs, and which page of them. All that is given must hold; states, handlers and queues may be several."""

    q: Annotated[str, Meta(max_length=2_000, description="The one search box: a number, a reference, or a filter")] = ""
    state: Annotated[
        Several, Meta(description="queued, running, failed, ...; pending, final, unfinished; or a group: Running")
    ] = ()
    group: Annotated[Several, Meta(description="Pending, Running, Completed, Failed, Cancelled, Skipped")] = ()
    name: Annotated[Several, Meta(description="Handlers")] = ()
    type: Several = ()
    job_type: Several = ()
    queue: Several = ()
    tag: Several = ()
    batch: Several = ()
    schedule: Several = ()
    created_by: Several = ()
    user: Several = ()
    tenant: Several = ()
    ref: Several = ()
    parent: Several = ()
    reply_to: Several = ()
    worker: Several = ()
    fact: Annotated[Several, Meta(description="name=value; all of them must be there")] = ()
    code: Several = ()
    since: Annotated[Several, Meta(description="A moment, or how long ago: 1d")] = ()
    until: Several = ()
    text: Several = ()
    sort: Order = "-created"
    page: PageNumber = 1
    page_size: PageSize = PAGE_SIZE
    after: Annotated[str, Meta(max_length=200, description="The `nextAfter` of the page before")] | None = None


class LinesQuery(Asked, frozen=True, kw_only=True):
    """Which lines."""

    after: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    limit: Annotated[int, Meta(ge=1, le=LINES_MAX)] = LINES_MAX


GROUPS: Final = tuple(dict.fromkeys(state.group for state in State))


async def listed(visit: Visit) -> Response:
    """A page of jobs."""
    query = query_of(visit.request, JobQuery)
    where = desk.filter_of(visit, query.q, tuple(_parts(query)))
    found = await desk.meant(visit, query.q) if query.q else None
    if found is not None:
        return answer(shapes.page_of((found,), total=1, total_exact=True, page=1, size=query.page_size))
    offset = (query.page - 1) * query.page_size
    if offset > desk.OFFSET_MAX:
        raise RequestInvalid(
            f"pages by number reach {desk.OFFSET_MAX:,} jobs deep: go on with after=, the nextAfter of the page before"
        )
    page = await desk.listed(
        visit, where, limit=query.page_size, offset=offset, sort=read_sort(query.sort), after=query.after
    )
    return answer(
        shapes.page_of(
            page.rows,
            total=page.total,
            total_exact=page.total_exact,
            page=query.page if query.after is None else None,
            size=query.page_size,
            next_after=page.next_after,
            searched_to_us=page.searched_to_us,
        )
    )


def _parts(query: JobQuery) -> list[Part]:
    """The query's conditions, as the filter's."""
    given: list[Part] = [Part("name", value) for value in (*query.type, *query.job_type)]
    for key in KEYS:
        for value in getattr(query, key, ()):
            given += _states(value) if key == "state" else [Part(key, value)]
    for group in query.group:
        given += _group(group)
    return given


def _states(value: str) -> list[Part]:
    """A state, or a group by its capital letter: Running is what runs and what waits for its callback."""
    return _group(value) if value in GROUPS else [Part("state", value)]


def _group(value: str) -> list[Part]:
    name = value.capitalize()
    if name not in GROUPS:
        raise RequestInvalid(f"there is no group {value[:60]!r}; there are {', '.join(GROUPS)}")
    return [Part("state", state.value) for state in State if state.group == name]


async def one(visit: Visit) -> Response:
    """One job with everything."""
    given = visit.request.path_params["id"]
    detail = await desk.detail(visit, given)
    lines = await desk.lines(visit, str(detail.row.id), limit=LINES_MAX)
    handler = visit.console.jobs.registry.find(detail.row.name)
    module = None if handler is None else handler.module
    return answer(shapes.detail(detail, visit.console.masking(detail.row.name), lines, module=module))


async def lines(visit: Visit) -> Response:
    """Lines of its log."""
    query = query_of(visit.request, LinesQuery)
    detail = await desk.detail(visit, visit.request.path_params["id"])
    found = await desk.lines(visit, str(detail.row.id), after=query.after, limit=query.limit)
    return answer(
        shapes.LogPage(
            items=shapes.log_lines(detail, visit.console.masking(detail.row.name), found),
            next_after=found[-1].number if len(found) == query.limit else None,
            dropped=detail.lines_dropped,
        )
    )


async def log(visit: Visit) -> Response:
    """Its whole log as a text to be kept."""
    detail = await desk.detail(visit, visit.request.path_params["id"])
    name = f'attachment; filename="job-{detail.row.id}.log"'
    return StreamingResponse(_log(visit, detail), media_type=TEXT, headers={"Content-Disposition": name})


async def _log(visit: Visit, detail: JobDetail) -> AsyncIterator[str]:
    masked, after = mask(detail.payload, visit.console.masking(detail.row.name)), 0
    while found := await desk.lines(visit, str(detail.row.id), after=after):
        yield "".join(f"{pages.log_line(line, masked, visit.console.look.zone)}\n" for line in found)
        after = found[-1].number


async def explain(visit: Visit) -> Response:
    """Why it is not running."""
    given = visit.request.path_params["id"]
    found, detail = await desk.explained(visit, given), await desk.detail(visit, given)
    masked = mask(detail.payload, visit.console.masking(detail.row.name))
    return answer(explained(explaining.record(replace(found, reason=masked.text(found.reason)))))


ROUTES: Final = (
    look(
        "/",
        "listJobs",
        listed,
        Operation(summary="Jobs, newest first or sorted", tag=TAG, query=JobQuery, answers={200: shapes.JobList}),
    ),
    look(
        "/{id}",
        "getJob",
        one,
        Operation(summary="Everything about a job", tag=TAG, answers={200: shapes.JobAnswer}, problems=(404,)),
    ),
    look(
        "/{id}/lines",
        "listLines",
        lines,
        Operation(
            summary="Lines of a job's log", tag=TAG, query=LinesQuery, answers={200: shapes.LogPage}, problems=(404,)
        ),
    ),
    look(
        "/{id}/log",
        "getLog",
        log,
        Operation(summary="A job's whole log as a text", tag=TAG, answers={200: str}, media=TEXT, problems=(404,)),
    ),
    look(
        "/{id}/explain",
        "explainJob",
        explain,
        Operation(summary="Why a job is not running", tag=TAG, answers={200: Explained}, problems=(404,)),
    ),
)
