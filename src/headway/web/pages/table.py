"""All pages and forms, and where their style and scripts lie."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.staticfiles import StaticFiles

from headway.web.pages import job
from headway.web.route import Route

FOLDER: Final = Path(__file__).parents[1] / "static"

ROUTES: Final[tuple[Route, ...]] = (*job.ROUTES,)


def static_files() -> StaticFiles:
    """Style sheets, scripts and pictures; open to everybody, as they say nothing."""
    return StaticFiles(directory=FOLDER)
