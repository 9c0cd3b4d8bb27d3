"""`admin` and `api`: the applications to mount."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Router
from starlette.types import ExceptionHandler, Receive, Scope, Send

from headway.model.errors import ConfigInvalid
from headway.web.access import Allow, Authorize, Doorkeeper, Maker
from headway.web.api import table as operations
from headway.web.console import Console, Look, apps_of
from headway.web.doorkeepers import doorkeeper_of
from headway.web.guard import limited, with_headers, without_passwords
from headway.web.login import pages as signing
from headway.web.login.doorkeeper import LoginDoorkeeper
from headway.web.pages import table as pages
from headway.web.pages.failed import failed as page_failed
from headway.web.problems import problem_of
from headway.web.route import Route, mounted

if TYPE_CHECKING:
    from headway.client.job import Job
    from headway.client.jobs import Jobs


class Mounted(Starlette):
    """An application to be mounted: remembers where it was entered, and puts its headers on every answer."""

    def __init__(self, routes: Sequence[BaseRoute], lost: ExceptionHandler) -> None:
        """With its routes, and the answer to what none of them takes.

        A path that differs from one by a slash is another: Starlette's redirect would trust the host.
        """
        super().__init__(routes=routes, exception_handlers={404: lost, 405: lost})
        self.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] == "http":
            scope = {**scope, "headway.root": scope.get("root_path", ""), "headway.outer_app": scope.get("app")}
            receive, send = limited(receive), with_headers(without_passwords(send))
        await super().__call__(scope, receive, send)


def api(
    jobs: Jobs,
    *,
    allow: Allow | Doorkeeper | Maker | None = None,
    authorize: Authorize | None = None,
    readonly: bool = False,
    apps: Sequence[str] | None = None,
    expose: Iterable[Job[..., object] | str] = (),
) -> Mounted:
    """The JSON API as an application to be mounted under any path.

    `app.mount("/api/jobs", api(jobs, allow=...))`. `allow` says who may do what: a function of the request, `Scopes()`, `Role("admin")` or `loopback`; without it the API is
    closed. `authorize` is asked before each single change as well. `readonly` refuses every change. `apps` shows these
    instead of the jobs' own. `expose` names the handlers whose jobs may be enqueued by POST; none by default. Raises
    ConfigInvalid for what cannot be.
    """
    console = console_of(jobs, allow=allow, authorize=authorize, readonly=readonly, apps=apps, expose=expose)
    return Mounted(operations.routes(console), _lost)


def admin(
    jobs: Jobs,
    *,
    allow: Allow | Doorkeeper | Maker | None = None,
    authorize: Authorize | None = None,
    readonly: bool = False,
    apps: Sequence[str] | None = None,
    expose: Iterable[Job[..., object] | str] = (),
    look: Look | None = None,
) -> Mounted:
    """The pages as an application to be mounted under any path, with the API under their `/api`.

    `app.mount("/admin/jobs", admin(jobs, allow=...))`. The same as `api` besides; `look` gives title, a link back, theme, page size and time zone.
    """
    console = console_of(
        jobs, allow=allow, authorize=authorize, readonly=readonly, apps=apps, expose=expose, look=look or Look()
    )
    routes = [
        *mounted(page_routes(console), console, page_failed),
        Mount("/api", app=Router(operations.routes(console), redirect_slashes=False)),
        Mount("/static", app=pages.static_files()),
    ]

    async def lost(request: Request, error: Exception) -> Response:
        path = request.scope["path"].removeprefix(request.scope["headway.root"])
        return await (_lost(request, error) if path.startswith("/api") else page_failed(None, console, request, error))

    return Mounted(routes, lost)


def page_routes(console: Console) -> tuple[Route, ...]:
    """All pages of a console: with the built-in login also those to sign in at."""
    return (*(signing.ROUTES if isinstance(console.doorkeeper, LoginDoorkeeper) else ()), *pages.ROUTES)


def console_of(
    jobs: Jobs,
    *,
    allow: Allow | Doorkeeper | Maker | None = None,
    authorize: Authorize | None = None,
    readonly: bool = False,
    apps: Sequence[str] | None = None,
    expose: Iterable[Job[..., object] | str] = (),
    look: Look | None = None,
) -> Console:
    """The console that pages and API act on."""
    return Console(
        jobs=jobs,
        doorkeeper=doorkeeper_of(allow, jobs),
        authorize=authorize,
        readonly=readonly,
        apps=apps_of(jobs, apps, readonly=readonly),
        exposed=frozenset(_exposed(jobs, expose)),
        look=look or Look(),
    )


def _exposed(jobs: Jobs, expose: Iterable[Job[..., object] | str]) -> Iterable[str]:
    for one in expose:
        name = one if isinstance(one, str) else one.name
        if jobs.registry.find(name) is None:
            msg = f"expose names {name!r}, which is no handler of these jobs"
            raise ConfigInvalid(msg)
        yield name


async def _lost(_request: Request, error: Exception) -> Response:
    """What no route answered: an unknown path, a method that a path does not take."""
    return problem_of(error).response(getattr(error, "headers", None))
