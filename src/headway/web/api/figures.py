"""Counts and figures: how many stand where, what ended when, how long it took, what failed why, and who did what."""

from __future__ import annotations

from typing import Annotated, Any, Final

from msgspec import Meta
from starlette.responses import Response

from headway.web.access import Permission
from headway.web.api.operation import Operation, answer, look
from headway.web.api.reading import query_of
from headway.web.api.shapes import figures as shapes
from headway.web.api.shapes import places
from headway.web.api.shapes.base import Asked, Shape
from headway.web.desk import acts, figures, jobs
from headway.web.visit import Visit

TAG: Final = "stats"
ACTS: Final = 50
Hours = Annotated[float, Meta(gt=0, le=figures.HOURS_MAX)]
Text = Annotated[str, Meta(max_length=200)]


class SpanQuery(Asked, frozen=True, kw_only=True):
    """The latest hours."""

    hours: Hours = 24


class ThroughputQuery(Asked, frozen=True, kw_only=True):
    """The latest hours, and of what."""

    hours: Hours = 24
    queue: Text | None = None
    name: Text | None = None


class ActsQuery(Asked, frozen=True, kw_only=True):
    """Which acts."""

    subject: Text | None = None
    subject_id: Text | None = None
    by: Text | None = None
    limit: Annotated[int, Meta(ge=1, le=acts.LISTED_MAX)] = ACTS
    before: Annotated[int, Meta(ge=1, le=2**63 - 1)] | None = None


class Me(Shape, frozen=True, kw_only=True):
    """Who asks, and what they may."""

    name: str | None
    permissions: list[Permission]
    app: str
    apps: list[str]
    readonly: bool
    """Whether nothing can be changed here, by nobody."""


async def counts(visit: Visit) -> Response:
    """How many jobs are in each state."""
    return answer(shapes.counts(await jobs.counts(visit)))


async def over_time(visit: Visit) -> Response:
    """What ended over time."""
    query = query_of(visit.request, ThroughputQuery)
    found = await figures.over_time(visit, hours=query.hours, queue=query.queue, name=query.name)
    return answer(shapes.throughput(found, figures.step_us(query.hours)))


async def handlers(visit: Visit) -> Response:
    """Figures by handler."""
    query = query_of(visit.request, SpanQuery)
    return answer([shapes.figures(one) for one in await figures.handlers(visit, hours=query.hours)])


async def queues(visit: Visit) -> Response:
    """Figures by queue."""
    query = query_of(visit.request, SpanQuery)
    return answer([shapes.figures(one) for one in await figures.queues(visit, hours=query.hours)])


async def months(visit: Visit) -> Response:
    """Months of which there are ended jobs."""
    return answer([shapes.month(one) for one in await figures.months(visit)])


async def failures(visit: Visit) -> Response:
    """The newest failures in groups."""
    found = await figures.failures(visit)
    return answer(
        shapes.FailuresAnswer(
            items=[shapes.failure(one) for one in found.groups],
            looked_at=found.looked_at,
            all_of_them=found.all_of_them,
        )
    )


async def list_acts(visit: Visit) -> Response:
    """What people did."""
    query = query_of(visit.request, ActsQuery)
    found = await acts.listed(
        visit,
        subject=query.subject,
        subject_id=query.subject_id,
        by=query.by,
        limit=query.limit,
        before_id=query.before,
    )
    more = found[-1].id if len(found) == query.limit else None
    return answer(places.ActPage(items=[places.act(one) for one in found], next_before=more))


async def me(visit: Visit) -> Response:
    """Who asks."""
    viewer, console = visit.viewer, visit.console
    return answer(
        Me(
            name=viewer.name,
            permissions=[one for one in Permission if viewer.may(one)],
            app=visit.app,
            apps=[app for app in console.apps if viewer.apps is None or app in viewer.apps],
            readonly=console.readonly,
        )
    )


def _stats(summary: str, shape: Any, query: Any = None) -> Operation:
    return Operation(summary=summary, tag=TAG, query=query, answers={200: shape})


ROUTES: Final = (
    look("/counts", "getCounts", counts, _stats("How many jobs are in each state", shapes.Counts)),
    look(
        "/stats/throughput",
        "getThroughput",
        over_time,
        _stats("What ended over time", shapes.Throughput, ThroughputQuery),
    ),
    look(
        "/stats/handlers",
        "getHandlerFigures",
        handlers,
        _stats("What ended and how long it took, by handler", list[shapes.FiguresAnswer], SpanQuery),
    ),
    look(
        "/stats/queues", "getQueueFigures", queues, _stats("The same by queue", list[shapes.FiguresAnswer], SpanQuery)
    ),
    look(
        "/stats/months", "getMonths", months, _stats("What was created and ended, by month", list[shapes.MonthAnswer])
    ),
    look("/stats/failures", "getFailures", failures, _stats("The newest failures in groups", shapes.FailuresAnswer)),
    look(
        "/acts",
        "listActs",
        list_acts,
        Operation(summary="What people did, newest first", tag="acts", query=ActsQuery, answers={200: places.ActPage}),
    ),
    look("/me", "getMe", me, Operation(summary="Who asks, and what they may", tag="acts", answers={200: Me})),
)
