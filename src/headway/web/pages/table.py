"""All pages and forms, and where their style and scripts lie."""

from __future__ import annotations

from typing import Final

from starlette.staticfiles import StaticFiles

from headway.web.pages import (
    acts,
    batches,
    bulk,
    command,
    commands,
    dashboard,
    failures,
    history,
    job,
    jobs,
    live,
    queues,
    recurring,
    schedule,
    workers,
)
from headway.web.pages.statics import Statics
from headway.web.route import Route

ROUTES: Final[tuple[Route, ...]] = (
    *dashboard.ROUTES,
    *live.ROUTES,
    *jobs.ROUTES,
    *bulk.ROUTES,
    *failures.ROUTES,
    *job.ROUTES,
    *history.ROUTES,
    *recurring.ROUTES,
    *schedule.ROUTES,
    *batches.ROUTES,
    *queues.ROUTES,
    *workers.ROUTES,
    *commands.ROUTES,
    *command.ROUTES,
    *acts.ROUTES,
)


def static_files() -> StaticFiles:
    """Style sheets, scripts and pictures; open to everybody, as they say nothing."""
    return Statics()
