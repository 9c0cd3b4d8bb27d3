"""All pages and forms, and where their style and scripts lie."""

from __future__ import annotations

from typing import Final

from starlette.staticfiles import StaticFiles

from headway.web.pages import bulk, failures, job, jobs
from headway.web.pages.statics import Statics
from headway.web.route import Route

ROUTES: Final[tuple[Route, ...]] = (*jobs.ROUTES, *bulk.ROUTES, *failures.ROUTES, *job.ROUTES)


def static_files() -> StaticFiles:
    """Style sheets, scripts and pictures; open to everybody, as they say nothing."""
    return Statics()
