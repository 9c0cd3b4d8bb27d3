"""Streams of events: everything that happens to the jobs of an app, or to one job with its log.

A stream says with `id:` how far it has told; whoever comes again with that as `Last-Event-ID` misses nothing. A client that
does not read is dropped, and one that may not look any more is cut off by whoever let it in (`web/watched.py`).
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import SendTimeoutError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from headway.model.errors import StoreError
from headway.model.job import JobRow, State
from headway.store.figures import Changes, FeedCursor
from headway.store.protocol import JobDetail, JobFilter
from headway.view.secrets import mask
from headway.web.api.operation import EVENTS, Operation, look, nothing
from headway.web.api.reading import query_of
from headway.web.api.shapes import figures as figure_shapes
from headway.web.api.shapes import jobs as shapes
from headway.web.api.shapes.base import Asked
from headway.web.desk import jobs as desk
from headway.web.desk.masked import masked, with_texts
from headway.web.problems import RequestInvalid
from headway.web.visit import Visit
from headway.web.watch import Post

log = logging.getLogger("headway.web")

TAG: Final = "events"
PING_S: Final = 15
"""A comment goes so often over a line that is quiet, so that nobody in between takes it for dead."""
SEND_S: Final = 10
"""A client that has not taken an event after so long is dropped."""
RUNNING_MAX: Final = 100
"""Of so many running jobs, the newest, each step is told."""
LINES: Final = 500


class EventsQuery(Asked, frozen=True, kw_only=True):
    """Where to go on."""

    after: (
        Annotated[str, Meta(max_length=200, description="The same as the header Last-Event-ID, which wins")] | None
    ) = None


class Stream(EventSourceResponse):
    """An open stream, dropped quietly when its client does not read."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            log.info("an event stream was dropped: its client took nothing for %s s", SEND_S)


def stream(content: AsyncIterator[ServerSentEvent]) -> Response:
    """A stream as an answer."""
    return Stream(content, ping=PING_S, send_timeout=SEND_S, sep="\n", ping_message_factory=_beat)


async def all_of_the_app(visit: Visit) -> Response:
    """Everything that happens to the app's jobs."""
    query = query_of(visit.request, EventsQuery)
    given = _given(visit.request, query.after)
    host = _check_place(visit)
    return stream(_placed(visit, host, lambda post: _told_of_all(visit, post, given)))


async def of_one(visit: Visit) -> Response:
    """Everything that happens to one job; 204 where all of it was told."""
    query = query_of(visit.request, EventsQuery)
    given = _given(visit.request, query.after)
    detail = await desk.detail(visit, visit.request.path_params["id"])
    after = _line_number(given)
    if after is not None and detail.row.state.is_final and not await _lines(visit, detail.row.id, after):
        return nothing()
    host = _check_place(visit)
    return stream(_placed(visit, host, lambda post: _told_of_one(visit, post, detail, after or 0)))


async def _placed(
    visit: Visit, host: str, tell: Callable[[Post], AsyncIterator[ServerSentEvent]]
) -> AsyncIterator[ServerSentEvent]:
    """A stream, for as long as it has a place and follows the store."""
    console = visit.console
    try:
        with console.streams.place(visit.viewer, host):
            async with console.watch.following(console.jobs) as post:
                async for event in tell(post):
                    yield event
    except RequestInvalid as busy:  # others came in between
        yield _event("busy", {"detail": str(busy)})
    except StoreError as error:
        log.warning("an event stream ends, as the store failed: %s", error)


# -- all jobs of an app ------------------------------------------------------------------------------------------


async def _told_of_all(visit: Visit, post: Post, given: str | None) -> AsyncIterator[ServerSentEvent]:
    reader, app = visit.reader, visit.app
    cursor = None if given is None else FeedCursor.read(given)
    if cursor is None:
        cursor = await visit.read(reader.feed_start(app=app))
        if given is not None:
            yield _event("reset", {"detail": "that cursor is none: look at everything anew"}, str(cursor))
    known, counted, begun = dict[int, JobRow](), b"", False
    while True:
        version, since = post.version, cursor
        key = ("feed", app, visit.viewer.tenant, *(_place(cursor) if begun else (str(cursor),)))
        begun = True
        running, found = await post.once(key, lambda: _looked(visit, since))  # noqa: B023 - asked before the next turn
        ended = {row.id for row in found.rows}
        for row in running:
            if row.id not in ended and known.get(row.id) != row:
                yield _event("job", shapes.item(row))
        known = {row.id: row for row in running}
        for row in found.rows:
            last = row is found.rows[-1]
            yield _event("job", shapes.item(row), str(found.cursor) if last else None)
        if found.too_old:
            yield _event("reset", {"detail": "that was too long ago: look at everything anew"}, str(found.cursor))
        cursor = found.cursor
        if found.more:
            continue
        counts = await post.once(("counts", app, visit.viewer.tenant), lambda: visit.read(reader.counts(app=app)))
        told = msgspec.json.encode(figure_shapes.counts(counts))
        if told != counted:
            yield _event("counts", told, str(cursor))
            counted = told
        await post.next(version)


def _place(cursor: FeedCursor) -> tuple[int, ...]:
    """How far a cursor has come: without when it was made, it is that of all who have come as far."""
    return cursor.created_id, cursor.ended_us, cursor.ended_id, cursor.ended_mark, cursor.event_id


async def _looked(visit: Visit, since: FeedCursor) -> tuple[tuple[JobRow, ...], Changes]:
    """What runs, and then what changed: so nothing that ended is told as running afterwards."""
    reader, app = visit.reader, visit.app
    where = JobFilter(app=app, states=(State.RUNNING,))
    running = await visit.read(reader.page(where, limit=RUNNING_MAX))
    found = await visit.read(reader.changes(since, app=app))
    rows = await masked(visit, found.rows)
    return await masked(visit, running.rows), msgspec.structs.replace(found, rows=rows)


# -- one job -----------------------------------------------------------------------------------------------------


async def _told_of_one(visit: Visit, post: Post, detail: JobDetail, after: int) -> AsyncIterator[ServerSentEvent]:
    job_id, known = detail.row.id, None
    secrets = mask(detail.payload, visit.console.masking(detail.row.name))
    while True:
        version = post.version
        # The row is read before the lines: what was written with the end is then among them.
        row = await post.once(
            ("job", job_id, visit.viewer.tenant), lambda: visit.read(visit.reader.job(job_id, app=visit.app))
        )
        if row is None:
            yield _event("gone", {"id": job_id}, str(after))
            return
        if row != known:
            yield _event("job", shapes.item(with_texts(row, secrets)))
            known = row
        while found := await _lines(visit, job_id, after):
            for line in shapes.log_lines(detail, visit.console.masking(detail.row.name), found):
                yield _event("line", line, str(line.number))
            after = found[-1].number
        if row.state.is_final:
            yield _event("end", shapes.item(with_texts(row, secrets)), str(after))
            return
        await post.next(version)


async def _lines(visit: Visit, job_id: int, after: int) -> tuple[Any, ...]:
    return await visit.read(visit.reader.lines(job_id, after=after, limit=LINES))


# -- what both have in common ------------------------------------------------------------------------------------


def _event(kind: str, data: Any, told: str | None = None) -> ServerSentEvent:
    text = data if isinstance(data, bytes) else msgspec.json.encode(data)
    return ServerSentEvent(data=text.decode(), event=kind, id=told, sep="\n")


def _beat() -> ServerSentEvent:
    return ServerSentEvent(comment="still here", sep="\n")


def _given(request: Request, after: str | None) -> str | None:
    return request.headers.get("last-event-id") or after or None


def _line_number(given: str | None) -> int | None:
    is_number = given is not None and given.isascii() and given.isdecimal() and len(given) <= len(str(2**62))
    return int(given or 0) if is_number else None


def _check_place(visit: Visit) -> str:
    client = visit.request.client
    host = "" if client is None else client.host
    visit.console.streams.check(visit.viewer, host)
    return host


ROUTES: Final = (
    look(
        "/events",
        "followJobs",
        all_of_the_app,
        Operation(
            summary="Everything that happens to the jobs, as it happens",
            tag=TAG,
            query=EventsQuery,
            answers={200: str},
            media=EVENTS,
            problems=(429,),
        ),
    ),
    look(
        "/{id}/events",
        "followJob",
        of_one,
        Operation(
            summary="Everything that happens to a job, with its log, until it has ended",
            tag=TAG,
            query=EventsQuery,
            answers={200: str, 204: None},
            media=EVENTS,
            problems=(404, 429),
        ),
    ),
)
