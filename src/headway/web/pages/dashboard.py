"""The first page: what is wrong, how much there is of what, what runs, what failed, and what comes next."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, assert_never

from starlette.responses import Response

from headway.model.job import State
from headway.model.schedule import ScheduleState
from headway.store.protocol import JobFilter
from headway.web.charts.ahead import ahead_chart
from headway.web.charts.ended import ended_chart
from headway.web.desk import figures, jobs
from headway.web.live import live
from headway.web.pages.alarms import alarms, asides
from headway.web.pages.coming import coming
from headway.web.pages.estimating import estimated
from headway.web.pages.frame import go, show
from headway.web.pages.handler_table import BUSIEST, handler_table
from headway.web.pages.situation import situation
from headway.web.problems import RequestInvalid
from headway.web.route import page
from headway.web.visit import Visit

RUNNING_SHOWN: Final = 5
FAILED_SHOWN: Final = 5
FAILED_LOOKED: Final = 100
"""Among so many failed jobs, the newest by their number, the latest failures are looked for."""
HANDLERS_SHOWN: Final = 20


class Range(StrEnum):
    """How far back the figures go."""

    HOUR = "1h"
    DAY = "24h"
    MONTH = "30d"

    @property
    def hours(self) -> int:
        """Its length."""
        match self:
            case Range.HOUR:
                return 1
            case Range.DAY:
                return 24
            case Range.MONTH:
                return 30 * 24
            case _:
                assert_never(self)

    @property
    def words(self) -> str:
        """As it is said after "of the last"."""
        match self:
            case Range.HOUR:
                return "hour"
            case Range.DAY:
                return "24 hours"
            case Range.MONTH:
                return "30 days"
            case _:
                assert_never(self)


def range_of(text: str | None, usual: Range = Range.DAY) -> Range:
    """The range that an address names; RequestInvalid for another one."""
    if text is None:
        return usual
    try:
        return Range(text)
    except ValueError:
        raise RequestInvalid(f"the range cannot be {text[:50]!r}: it can be {', '.join(Range)}") from None


async def look(visit: Visit) -> Response:
    """Everything in one look."""
    if visit.viewer.tenant is not None:  # the figures are everybody's
        return go(visit, "/jobs")
    query, now_us, zone = visit.request.query_params, visit.console.now_us(), visit.console.look.zone
    chosen, sort = range_of(query.get("range")), query.get("sort", BUSIEST)
    found = await situation(visit)
    stopped = found.scheduler is not None and found.scheduler.paused_us is not None
    spans = await figures.over_time(visit, hours=chosen.hours)
    running = await jobs.some(visit, JobFilter(app=visit.app, states=(State.RUNNING,)), limit=RUNNING_SHOWN)
    failed = await jobs.some(visit, JobFilter(app=visit.app, states=(State.FAILED,)), limit=FAILED_LOOKED)
    table = handler_table(await figures.handlers(visit, hours=chosen.hours), sort)
    return show(
        visit,
        "dashboard.html",
        nav="dashboard",
        ranges=tuple(Range),
        chosen=chosen,
        alarms=alarms(found),
        asides=asides(found),
        counts=await jobs.counts(visit),
        states=tuple(State),
        schedules=sum(row.state is ScheduleState.ACTIVE for row in found.schedules),
        workers=len(found.active),
        places=sum(node.concurrency for node in found.active),
        chart=ended_chart(spans, step_us=figures.step_us(chosen.hours), zone=zone),
        table=table,
        handlers_shown=HANDLERS_SHOWN,
        queues=found.queues,
        running=await estimated(visit, running),
        failed=sorted(failed, key=lambda row: row.finished_us or 0, reverse=True)[:FAILED_SHOWN],
        stopped=stopped,
        ahead=None if stopped else ahead_chart(coming(found.schedules, now_us), now_us=now_us, zone=zone),
        schedule_paths={row.name: f"/recurring/{row.id}" for row in found.schedules},
    )


ROUTES = (page("/", "dashboard", live(look)),)
