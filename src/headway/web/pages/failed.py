"""What a page answers when it cannot be shown."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from headway.web.console import Console
from headway.web.pages.frame import environment
from headway.web.problems import problem_of
from headway.web.visit import Visit


async def failed(_visit: Visit | None, console: Console, _request: Request, error: Exception) -> Response:
    """A page that says what went wrong."""
    problem = problem_of(error)
    text = environment().get_template("failed.html").render(problem=problem, look=console.look)
    return HTMLResponse(text, problem.status)
