"""What was, month by month."""

from __future__ import annotations

import calendar
from dataclasses import dataclass

from starlette.responses import Response

from headway.model.job import State
from headway.store.figures import Month
from headway.view import words
from headway.web.charts.shares import Shares, shares
from headway.web.desk import figures
from headway.web.live import live
from headway.web.pages.frame import show
from headway.web.pages.handler_table import share_told
from headway.web.route import page
from headway.web.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthLine:
    """One month."""

    name: str
    title: str
    jobs: int
    ended: dict[State, int]
    outcomes: Shares
    width: int
    """How many there were, in hundredths of the fullest month."""
    failed_told: str
    since: str
    """The first day of it, and of the month after it: what the list is filtered by."""
    until: str


def month_line(month: Month, fullest: int) -> MonthLine:
    """A month in words."""
    year, number = (int(part) for part in month.name.split("-"))
    ended = {state: month.ended.get(state, 0) for state in State if state.is_final}
    return MonthLine(
        name=month.name,
        title=f"{calendar.month_name[number]} {year}",
        jobs=month.jobs,
        ended=ended,
        outcomes=shares(ended),
        width=max(1, round(100 * month.jobs / fullest)) if fullest else 0,
        failed_told=share_told(ended[State.FAILED], month.jobs),
        since=f"{month.name}-01T00:00Z",
        until=f"{year + (number == len(calendar.month_name) - 1)}-{number % 12 + 1:02}-01T00:00Z",
    )


async def look(visit: Visit) -> Response:
    """All months of which something is known."""
    found = await figures.months(visit)
    fullest = max((month.jobs for month in found), default=0)
    counts: dict[State, int] = {}
    for month in found:
        for state, number in month.ended.items():
            counts[state] = counts.get(state, 0) + number
    return show(
        visit,
        "history.html",
        nav="history",
        lines=[month_line(month, fullest) for month in found],
        total=words.grouped(sum(month.jobs for month in found)),
        counts=counts,
        states=tuple(state for state in State if state.is_final),
    )


ROUTES = (page("/history", "history", live(look)),)
