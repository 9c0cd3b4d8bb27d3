"""What a page answers when it cannot be shown."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from headway.web.console import Console
from headway.web.guard import SAFE
from headway.web.pages.environment import environment
from headway.web.pages.frame import came_from, frame, root_of, static
from headway.web.pages.links import with_query
from headway.web.problems import Problem, Unauthorized, problem_of
from headway.web.visit import Visit

NOBODY: Final = 401
REFUSED: Final = 403
LOST: Final = 404


async def failed(visit: Visit | None, console: Console, request: Request, error: Exception) -> Response:
    """A page that says what went wrong; who is not signed in and can be is led to where that is done."""
    problem = problem_of(error)
    sign_in = None if console.doorkeeper.sign_in is None else f"{root_of(request)}{console.doorkeeper.sign_in}"
    if isinstance(error, Unauthorized) and sign_in is not None and request.method in SAFE:
        return RedirectResponse(with_query(sign_in, [("next", _asked(request))]), 303)
    return HTMLResponse(_text(visit, console, request, problem, sign_in), problem.status)


def _text(visit: Visit | None, console: Console, request: Request, problem: Problem, sign_in: str | None) -> str:
    said = {
        "problem": problem,
        "sign_in": sign_in if problem.status == NOBODY else None,
        "sign_out": f"{root_of(request)}/sign-out" if problem.status == REFUSED and sign_in is not None else None,
        "back": came_from(request) if request.method not in SAFE else None,
        "home": visit.url("/") if visit is not None else f"{root_of(request)}/" if problem.status == LOST else None,
    }
    if visit is not None:
        return environment().get_template("failed.html").render(**frame(visit), **said)
    shown = {"look": console.look, "static": lambda name: static(request, name)}
    return environment().get_template("refused.html").render(**shown, **said)


def _asked(request: Request) -> str:
    """The address within the console that was asked for, to come back to."""
    path = request.url.path.removeprefix(root_of(request))
    return f"{path}?{request.url.query}" if request.url.query else path
