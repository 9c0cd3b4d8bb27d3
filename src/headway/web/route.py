"""The table of routes: what each wants, from whom, and what it runs.

Every request passes through `enter`, so no route can be reached without the permission that stands beside it here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute

from headway.web import guard
from headway.web.access import Permission, Viewer
from headway.web.console import Console
from headway.web.guard import SAFE
from headway.web.problems import Forbidden, ReadOnly, RequestInvalid, Unauthorized
from headway.web.tenancy import check_open
from headway.web.visit import Visit
from headway.web.watched import Watched, is_stream

if TYPE_CHECKING:
    from headway.web.api.operation import Operation

NAME_MAX: Final = 100
"""Characters of an app's name that an answer repeats."""


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
Endpoint = Callable[[Request], Awaitable[Response]]


def mounted(routes: Sequence[Route], console: Console, failed: Failed) -> list[Any]:
    """Routes for Starlette, one for each path: it knows then which methods a path takes, and says so to whoever tries another."""
    paths: dict[str, dict[str, Route]] = {}
    for one in routes:
        paths.setdefault(one.path, {})[one.method] = one
    return [
        StarletteRoute(path, _entered(methods, console, failed), methods=list(methods), name=" ".join(methods))
        for path, methods in paths.items()
    ]


def _entered(methods: Mapping[str, Route], console: Console, failed: Failed) -> Endpoint:
    async def run(request: Request) -> Response:
        route = methods["GET" if request.method == "HEAD" else request.method]
        visit: Visit | None = None
        try:
            visit = await enter(route, console, request)
            response = await route.run(visit)
        except Exception as error:  # noqa: BLE001 - whatever it is, the answer says so in the shape that was asked for
            return await failed(visit, console, request, error)
        if not is_stream(response):
            return response
        if request.method == "HEAD":
            return Response(status_code=response.status_code, media_type=response.media_type)
        return Watched(response, lambda: is_still_let_in(visit, route))

    return run


async def enter(route: Route, console: Console, request: Request) -> Visit:
    """The visit of a request that may be answered; raises Unauthorized, Forbidden, ReadOnly, CrossSite or RequestInvalid."""
    guard.check_size(request)
    viewer = Viewer() if route.permission is None else await console.doorkeeper.viewer(request)
    viewer = let_in(viewer, route, console)
    changes = request.method not in SAFE
    if changes:
        guard.check_origin(request, wants_header=route.kind is Kind.API)
    if console.readonly and route.permission is Permission.MANAGE:
        raise ReadOnly("these pages only look: nothing can be changed here")
    app = app_of(console, viewer, request)
    if changes:
        await guard.body(request)
    return Visit(request=request, console=console, viewer=viewer, app=app, via=route.kind)


def let_in(viewer: Viewer | None, route: Route, console: Console) -> Viewer:
    """The viewer, if known and allowed what the route asks for."""
    if viewer is None:
        raise Unauthorized(
            "This needs to know who you are: sign in, or send a token that is known, not over and not revoked."
        )
    if route.permission is None:
        return viewer
    if viewer.may(route.permission):
        check_open(viewer, route.name)
        return viewer
    if viewer.permissions:
        raise Forbidden(f"That needs the permission {route.permission}.")
    raise Forbidden(viewer.why or console.doorkeeper.why)


def app_of(console: Console, viewer: Viewer, request: Request) -> str:
    """The app that is asked for; one that may not be seen is one that is not there."""
    seen = [app for app in console.apps if viewer.apps is None or app in viewer.apps]
    asked = request.query_params.get("app")
    if not seen or (asked is not None and asked not in seen):
        named = f"app {asked[:NAME_MAX]!r}" if asked is not None else "app for you"
        raise RequestInvalid(f"there is no {named} here", status=404)
    return seen[0] if asked is None else asked


async def is_still_let_in(visit: Visit, route: Route) -> bool:
    """Whether a stream that was opened may go on: asked of the doorkeeper, now. Not as the viewer of another tenant."""
    console, request = visit.console, visit.request
    if route.permission is None:
        return True
    try:
        viewer = let_in(await console.doorkeeper.still(request), route, console)
        app_of(console, viewer, request)
    except (Unauthorized, Forbidden, RequestInvalid):
        return False
    return viewer.tenant == visit.viewer.tenant
