"""All schedules of an app: whether they fire at all; and timetables tried out."""

from __future__ import annotations

from typing import Annotated, Any, Final

from msgspec import Meta
from starlette.responses import Response

from headway.view.words import utc
from headway.web.api.operation import Operation, answer, change, look
from headway.web.api.reading import no_body, query_of
from headway.web.api.shapes import schedules as shapes
from headway.web.api.shapes.base import Asked, Moment, Shape
from headway.web.desk import schedules, timetables
from headway.web.visit import Visit

TAG: Final = "recurring"


class PreviewQuery(Asked, frozen=True, kw_only=True):
    """A timetable to try out."""

    when: Annotated[str, Meta(max_length=500, description="A cron expression, or an interval: every 90s")]
    zone: Annotated[str, Meta(max_length=100)] = "UTC"
    name: Annotated[str, Meta(max_length=200, description="The schedule's name: it decides what H stands for")] = ""
    count: Annotated[int, Meta(ge=1, le=timetables.PREVIEW_MAX)] = timetables.PREVIEW_DEFAULT


class SchedulerAnswer(Shape, frozen=True, kw_only=True):
    """Whether the schedules of the app fire at all."""

    app: str
    paused_at: Moment | None
    paused_by: str | None


async def standing(visit: Visit) -> Response:
    """Whether the app's schedules fire at all."""
    found = await schedules.paused_since(visit)
    return answer(SchedulerAnswer(app=found.app, paused_at=utc(found.paused_us), paused_by=found.paused_by))


async def pause_all(visit: Visit) -> Response:
    """Let none of the app's schedules fire."""
    await no_body(visit.request)
    await schedules.pause_all(visit)
    return await standing(visit)


async def resume_all(visit: Visit) -> Response:
    """Let them fire again."""
    await no_body(visit.request)
    await schedules.resume_all(visit)
    return await standing(visit)


async def preview(visit: Visit) -> Response:
    """A timetable in words, with its next instants."""
    query = query_of(visit.request, PreviewQuery)
    found = schedules.preview(visit, query.when, zone=query.zone, name=query.name, count=query.count)
    return answer(shapes.preview(found))


def _operation(summary: str, **more: Any) -> Operation:
    return Operation(summary=summary, tag=TAG, **more)


ROUTES: Final = (
    look(
        "/scheduler",
        "getScheduler",
        standing,
        _operation("Whether schedules fire at all", answers={200: SchedulerAnswer}),
    ),
    look(
        "/scheduler/preview",
        "previewTimetable",
        preview,
        _operation(
            "A timetable in words, with its next instants",
            query=PreviewQuery,
            answers={200: shapes.PreviewAnswer},
            problems=(422,),
        ),
    ),
    change(
        "POST",
        "/scheduler/pause",
        "pauseScheduler",
        pause_all,
        _operation("Let no schedule fire", answers={200: SchedulerAnswer}),
    ),
    change(
        "POST",
        "/scheduler/resume",
        "resumeScheduler",
        resume_all,
        _operation("Let schedules fire again", answers={200: SchedulerAnswer}),
    ),
)
