"""All operations of the API, and how one answers that could not be done."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from headway.web.api import jobs
from headway.web.console import Console
from headway.web.problems import Unauthorized, problem_of
from headway.web.route import Route, mounted
from headway.web.visit import Visit

ROUTES: tuple[Route, ...] = (*jobs.ROUTES,)


def routes(console: Console) -> list[Any]:
    """The routes for Starlette."""
    return mounted(ROUTES, console, failed)


async def failed(_visit: Visit | None, console: Console, _request: Request, error: Exception) -> Response:
    """The answer to what an operation raised."""
    headers = {"WWW-Authenticate": console.gate.challenge} if isinstance(error, Unauthorized) else None
    return problem_of(error).response(headers)
