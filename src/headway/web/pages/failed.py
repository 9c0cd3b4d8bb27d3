"""What a page answers when it cannot be shown."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from headway.web.console import Console
from headway.web.pages.frame import environment
from headway.web.problems import Unauthorized, problem_of
from headway.web.route import SAFE
from headway.web.visit import Visit


async def failed(_visit: Visit | None, console: Console, request: Request, error: Exception) -> Response:
    """A page that says what went wrong."""
    if isinstance(error, Unauthorized) and console.gate.sign_in is not None and request.method in SAFE:
        return RedirectResponse(_sign_in(console.gate.sign_in, request), 303)
    problem = problem_of(error)
    text = environment().get_template("failed.html").render(problem=problem, look=console.look)
    return HTMLResponse(text, problem.status)


def _sign_in(page: str, request: Request) -> str:
    root = request.scope.get("headway.root", "").rstrip("/")
    path = request.url.path.removeprefix(root)
    asked = f"{path}?{request.url.query}" if request.url.query else path
    return f"{root}{page}?{urlencode({'next': asked})}"
