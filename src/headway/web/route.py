"""The table of routes: what each wants, from whom, and what it runs.

Every request passes through `enter`, so no route can be reached without the permission that stands beside it here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute

from headway.web import guard
from headway.web.access import Permission, Viewer
from headway.web.console import Console
from headway.web.problems import Forbidden, RequestInvalid, Unauthorized
from headway.web.visit import Visit

if TYPE_CHECKING:
    from headway.web.api.operation import Operation

SAFE: Final = frozenset({"GET", "HEAD"})


class Kind(StrEnum):
    """How a route answers, also when something goes wrong."""

    PAGE = "pages"
    API = "api"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one path."""

    method: str
    path: str
    permission: Permission | None
    """None: open to everybody, as a page to sign in at or a style sheet must be."""
    run: Callable[[Visit], Awaitable[Response]]
    kind: Kind = Kind.PAGE
    name: str
    """Unique in its table: the page's word, the API's operation id."""
    operation: Operation | None = None
    """What the published description says of a route of the API."""


def page(path: str, name: str, run: Callable[[Visit], Awaitable[Response]]) -> Route:
    """A page that is looked at."""
    return Route(method="GET", path=path, permission=Permission.VIEW, run=run, name=name)


def action(path: str, name: str, run: Callable[[Visit], Awaitable[Response]]) -> Route:
    """A form of a page that changes something."""
    return Route(method="POST", path=path, permission=Permission.MANAGE, run=run, name=name)


Failed = Callable[[Visit | None, Console, Request, Exception], Awaitable[Response]]
"""Makes the answer to what a route raised."""


def mounted(routes: Sequence[Route], console: Console, failed: Failed) -> list[Any]:
    """Routes for Starlette, one for each path and method."""
    return [
        StarletteRoute(one.path, _entered(one, console, failed), methods=[one.method], name=f"{one.method} {one.name}")
        for one in routes
    ]


def _entered(route: Route, console: Console, failed: Failed) -> Callable[[Request], Awaitable[Response]]:
    async def run(request: Request) -> Response:
        visit: Visit | None = None
        try:
            visit = await enter(route, console, request)
            return await route.run(visit)
        except Exception as error:  # noqa: BLE001 - whatever it is, the answer says so in the shape that was asked for
            return await failed(visit, console, request, error)

    return run


async def enter(route: Route, console: Console, request: Request) -> Visit:
    """The visit of a request that may be answered; raises Unauthorized, Forbidden, CrossSite or RequestInvalid."""
    guard.check_size(request)
    viewer = await _viewer(route, console, request)
    if request.method not in SAFE:
        guard.check_origin(request, wants_header=route.kind is Kind.API)
    return Visit(request=request, console=console, viewer=viewer, app=_app(console, viewer, request), via=route.kind)


async def _viewer(route: Route, console: Console, request: Request) -> Viewer:
    if route.permission is None:
        return Viewer()
    viewer = await console.gate.viewer(request)
    if viewer is None:
        raise Unauthorized("Sign in first: this needs to know who you are.")
    if not viewer.may(route.permission):
        raise Forbidden(
            console.gate.why if not viewer.permissions else f"That needs the permission {route.permission}."
        )
    return viewer


def _app(console: Console, viewer: Viewer, request: Request) -> str:
    """The app that is asked for; one that may not be seen is one that is not there."""
    seen = [app for app in console.apps if viewer.apps is None or app in viewer.apps]
    asked = request.query_params.get("app")
    if not seen or (asked is not None and asked not in seen):
        raise RequestInvalid(
            f"there is no app {asked!r} here" if asked is not None else "there is no app for you here", status=404
        )
    return seen[0] if asked is None else asked
