"""Figures over time: what ended when, how long it took, what failed why."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from headway.store.figures import Failures, HandlerEnds, HandlerFigures, Month, Span
from headway.web.desk.masked import masked_groups
from headway.web.problems import RequestInvalid
from headway.web.visit import Visit

MINUTE_US: Final = 60_000_000
HOUR_US: Final = 60 * MINUTE_US
DAY_US: Final = 24 * HOUR_US
HOURS_MAX: Final = 366 * 24
BY_MINUTE_HOURS: Final = 6
BY_HOUR_HOURS: Final = 7 * 24
"""Longer spans are told by the day."""


def step_us(hours: float) -> int:
    """How wide a step of a span is: a minute up to six hours, an hour up to a week, else a day."""
    if hours <= BY_MINUTE_HOURS:
        return MINUTE_US
    return HOUR_US if hours <= BY_HOUR_HOURS else DAY_US


async def over_time(
    visit: Visit, *, hours: float, queue: str | None = None, name: str | None = None
) -> tuple[Span, ...]:
    """What ended in each step of the latest hours, oldest first."""
    now_us, step = visit.console.now_us(), step_us(hours)
    from_us = (now_us - _span_us(hours)) // step * step
    ended = visit.reader.ended_over_time(
        app=visit.app, from_us=from_us, until_us=now_us, step_us=step, queue=queue, name=name
    )
    return await visit.read_lately(ended, hours, queue, name)


async def handlers(visit: Visit, *, hours: float) -> tuple[HandlerFigures, ...]:
    """Each handler of which jobs ended within the latest hours, busiest first."""
    now_us = visit.console.now_us()
    return await visit.read_lately(
        visit.reader.handler_figures(app=visit.app, from_us=now_us - _span_us(hours), until_us=now_us), hours
    )


async def ends(visit: Visit, *, hours: float) -> tuple[HandlerEnds, ...]:
    """How many jobs of each handler ended in which way within the latest hours, busiest first."""
    now_us = visit.console.now_us()
    found = visit.reader.handler_ends(app=visit.app, from_us=now_us - _span_us(hours), until_us=now_us)
    return await visit.read_lately(found, hours)


async def queues(visit: Visit, *, hours: float) -> tuple[HandlerFigures, ...]:
    """The same for queues."""
    now_us = visit.console.now_us()
    return await visit.read_lately(
        visit.reader.queue_figures(app=visit.app, from_us=now_us - _span_us(hours), until_us=now_us), hours
    )


async def months(visit: Visit) -> tuple[Month, ...]:
    """The months of which there are ended jobs, newest first."""
    return await visit.read_lately(visit.reader.months(app=visit.app))


async def failures(visit: Visit) -> Failures:
    """The newest failed jobs, grouped by handler and code."""
    found = await visit.read_lately(visit.reader.failures(app=visit.app))
    return replace(found, groups=await masked_groups(visit, found.groups))


def _span_us(hours: float) -> int:
    if not 0 < hours <= HOURS_MAX:
        raise RequestInvalid(f"hours must be above 0 and at most {HOURS_MAX:,}, not {hours!r}", status=422)
    return int(hours * HOUR_US)
