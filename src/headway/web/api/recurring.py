"""Schedules: listed, looked up, switched on and off, run now, changed, removed."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPMethod
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, UnsetType
from starlette.responses import Response

from headway.client.schedule_options import DESCRIPTION_MAX_CHARS, RUNS_MAX
from headway.model.errors import OptionInvalid
from headway.model.schedule import MISFIRES_MAX, Misfire, Overlap, ScheduleState
from headway.store.scheduling import ScheduleRow
from headway.view.secrets import Masking
from headway.web.api.accepted import LOCATION, Accepted, When, accepted, moment
from headway.web.api.operation import Operation, answer, change, look, nothing
from headway.web.api.reading import body_of, no_body, query_of
from headway.web.api.shapes import schedules as shapes
from headway.web.api.shapes.base import Asked, Shape
from headway.web.desk import schedules
from headway.web.visit import Visit

TAG: Final = "recurring"
Day = Annotated[float, Meta(ge=0, le=86_400)]
Age = Annotated[float, Meta(gt=0, le=10 * 365 * 86_400)]


class Toggled(Shape, frozen=True, kw_only=True):
    """Whether a schedule fires now."""

    is_enabled: bool


class Switched(Shape, frozen=True, kw_only=True):
    """Whether a schedule fires now, and whether that was otherwise before."""

    is_enabled: bool
    changed: bool


class ListQuery(Asked, frozen=True, kw_only=True):
    """Which schedules."""

    state: Annotated[tuple[ScheduleState, ...], Meta(max_length=10)] = ()
    """Those removed for good are shown only if they are asked for."""


class RunSchedule(Asked, frozen=True, kw_only=True):
    """How to run it."""

    force: bool = False
    """Also where an earlier run has not ended, and the schedule would not run beside it."""


class RemoveQuery(Asked, frozen=True, kw_only=True):
    """How to remove it."""

    for_good: bool = False
    """Code that declares it does not bring it back."""


class ReviseSchedule(Asked, frozen=True, kw_only=True):
    """What is to change; what is not given stays, and null takes a limit away."""

    when: (
        Annotated[str, Meta(max_length=500, description="A cron expression, or an interval: every 90s")] | UnsetType
    ) = UNSET
    zone: Annotated[str, Meta(max_length=100)] | UnsetType = UNSET
    arguments: dict[str, Any] | UnsetType = UNSET
    description: Annotated[str, Meta(max_length=DESCRIPTION_MAX_CHARS)] | UnsetType = UNSET
    overlap: Overlap | UnsetType = UNSET
    misfire: Misfire | UnsetType = UNSET
    misfire_grace_seconds: Day | UnsetType = UNSET
    misfire_limit: Annotated[int, Meta(ge=1, le=MISFIRES_MAX)] | UnsetType = UNSET
    misfire_age_seconds: Age | UnsetType | None = UNSET
    start_at: When | UnsetType | None = UNSET
    end_at: When | UnsetType | None = UNSET
    max_runs: Annotated[int, Meta(ge=1, le=RUNS_MAX)] | UnsetType | None = UNSET
    jitter_seconds: Day | UnsetType = UNSET


async def listed(visit: Visit) -> Response:
    """All schedules by name."""
    query, now_us = query_of(visit.request, ListQuery), visit.console.now_us()
    wanted = set(query.state) or set(ScheduleState) - {ScheduleState.REMOVED}
    rows = [row for row in await schedules.listed(visit) if row.state in wanted]
    return answer([shapes.item(row, _masking(visit, row), now_us) for row in rows])


async def one(visit: Visit) -> Response:
    """One schedule with everything."""
    shown = await schedules.shown(visit, _name(visit))
    return answer(shapes.detail(shown, _masking(visit, shown.row), visit.console.now_us()))


def _masking(visit: Visit, row: ScheduleRow) -> Masking:
    return Masking() if row.definition is None else visit.console.masking(row.definition.job.name)


async def toggle(visit: Visit) -> Response:
    """Switch a schedule off or on."""
    await no_body(visit.request)
    return answer(Toggled(is_enabled=await schedules.toggle(visit, _name(visit))))


async def pause(visit: Visit) -> Response:
    """Let a schedule not fire."""
    await no_body(visit.request)
    return await _switched(visit, changed=await schedules.pause(visit, _name(visit)))


async def resume(visit: Visit) -> Response:
    """Let a schedule fire again."""
    await no_body(visit.request)
    return await _switched(visit, changed=await schedules.resume(visit, _name(visit)))


async def run(visit: Visit) -> Response:
    """Run a schedule's job now."""
    body = await body_of(visit.request, RunSchedule, needed=False)
    return await accepted(visit, await schedules.run(visit, _name(visit), force=body.force))


async def remove(visit: Visit) -> Response:
    """Remove a schedule; its jobs stay."""
    query = query_of(visit.request, RemoveQuery)
    await no_body(visit.request)
    await schedules.remove(visit, _name(visit), for_good=query.for_good)
    return nothing()


async def revise(visit: Visit) -> Response:
    """Change a schedule that is managed in the store."""
    body = await body_of(visit.request, ReviseSchedule)
    changes: dict[str, Any] = {}
    for name in ReviseSchedule.__struct_fields__:
        value = getattr(body, name)
        if value is UNSET:
            continue
        if name.endswith("_seconds"):
            changes[name.removesuffix("_seconds")] = None if value is None else timedelta(seconds=value)
        elif name in {"start_at", "end_at"} and value is not None:
            changes[name] = _moment(visit, name, value)
        else:
            changes[name] = value
    row = await schedules.one(visit, _name(visit))
    row = await schedules.revise(visit, row.name, **changes)
    return answer(shapes.item(row, _masking(visit, row), visit.console.now_us()))


def _name(visit: Visit) -> str:
    name: str = visit.request.path_params["id"]
    return name


def _moment(visit: Visit, name: str, text: str) -> datetime:
    found = moment(visit, name, text)
    if isinstance(found, timedelta):
        raise OptionInvalid(f"{name} must be a moment such as 2026-11-22T14:00Z, not {text!r}")
    return found


async def _switched(visit: Visit, *, changed: bool) -> Response:
    row = await schedules.one(visit, _name(visit))
    return answer(Switched(is_enabled=row.state is ScheduleState.ACTIVE, changed=changed))


def _operation(summary: str, **more: Any) -> Operation:
    return Operation(summary=summary, tag=TAG, **more)


ROUTES: Final = (
    look(
        "/recurring",
        "listSchedules",
        listed,
        _operation("All schedules, by name", query=ListQuery, answers={200: list[shapes.ScheduleItem]}),
    ),
    change(
        "POST",
        "/recurring/{id:path}/toggle",
        "toggleSchedule",
        toggle,
        _operation("Switch a schedule off or on", answers={200: Toggled}, problems=(404, 409, 422)),
    ),
    change(
        "POST",
        "/recurring/{id:path}/pause",
        "pauseSchedule",
        pause,
        _operation("Let a schedule not fire", answers={200: Switched}, problems=(404,)),
    ),
    change(
        "POST",
        "/recurring/{id:path}/resume",
        "resumeSchedule",
        resume,
        _operation("Let a schedule fire again", answers={200: Switched}, problems=(404, 422)),
    ),
    change(
        "POST",
        "/recurring/{id:path}/run",
        "runSchedule",
        run,
        _operation(
            "Run a schedule's job now",
            body=RunSchedule,
            body_needed=False,
            answers={202: Accepted},
            headers=LOCATION,
            problems=(404, 409, 422),
        ),
    ),
    look(
        "/recurring/{id:path}",
        "getSchedule",
        one,
        _operation("Everything about a schedule", answers={200: shapes.ScheduleAnswer}, problems=(404,)),
    ),
    change(
        "PATCH",
        "/recurring/{id:path}",
        "reviseSchedule",
        revise,
        _operation(
            "Change a schedule that is managed in the store",
            body=ReviseSchedule,
            answers={200: shapes.ScheduleItem},
            problems=(404, 409, 422),
        ),
    ),
    change(
        HTTPMethod.DELETE,
        "/recurring/{id:path}",
        "removeSchedule",
        remove,
        _operation("Remove a schedule; its jobs stay", query=RemoveQuery, answers={204: None}, problems=(404,)),
    ),
)
