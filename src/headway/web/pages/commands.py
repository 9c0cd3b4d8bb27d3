"""Everything that can be run: every handler, and how its jobs went lately."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from headway.model.job import State
from headway.store.figures import HandlerFigures
from headway.web.charts.shares import Shares, shares
from headway.web.charts.spread import Scale, Spread
from headway.web.desk import figures
from headway.web.desk import handlers as desk
from headway.web.desk.handlers import HandlerRow
from headway.web.live import live
from headway.web.pages.frame import show
from headway.web.pages.handler_table import share_told
from headway.web.route import page
from headway.web.visit import Visit

HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLine:
    """One handler."""

    row: HandlerRow
    queue: str
    run_in: str
    ended: int
    failed: int
    failed_told: str
    outcomes: Shares
    figures: HandlerFigures | None
    strip: Spread | None


def command_line(row: HandlerRow, lately: HandlerFigures | None, scale: Scale) -> CommandLine:
    """A handler in words; `lately`: what ended in the last day."""
    ended = {} if lately is None else lately.ended
    total, failed = sum(ended.values()), ended.get(State.FAILED, 0)
    return CommandLine(
        row=row,
        queue="" if row.handler is None else row.handler.queue,
        run_in="" if row.handler is None else row.handler.run_in.value,
        ended=total,
        failed=failed,
        failed_told=share_told(failed, total),
        outcomes=shares(ended),
        figures=lately,
        strip=None if lately is None or lately.run is None else scale.strip(lately.run),
    )


async def look(visit: Visit) -> Response:
    """All of them, by name."""
    wanted = visit.request.query_params.get("q", "").strip()
    lately = {one.name: one for one in await figures.handlers(visit, hours=HOURS)}
    scale = Scale.of(one.run for one in lately.values())
    every = await desk.listed(visit)
    found = [row for row in every if wanted.casefold() in row.name.casefold()]
    return show(
        visit,
        "commands.html",
        nav="commands",
        lines=[command_line(row, lately.get(row.name), scale) for row in found],
        every=len(every),
        wanted=wanted,
        has_code=len(visit.console.jobs.registry) > 0,
    )


ROUTES = (page("/commands", "commands", live(look)),)
