"""All operations of the API, and how one answers that could not be done."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.routing import Route as StarletteRoute
from starlette.types import Scope

from headway.web.api import (
    bulk,
    changes,
    enqueue,
    events,
    figures,
    handlers,
    jobs,
    openapi,
    places,
    recurring,
    scheduler,
)
from headway.web.api.operation import Operation, address, answer, look
from headway.web.console import Console
from headway.web.problems import Unauthorized, problem_of
from headway.web.route import Route, mounted
from headway.web.visit import Visit


async def published(visit: Visit) -> Response:
    """The description of the API, as it is mounted."""
    title = f"{visit.console.look.title}: API"
    return answer(openapi.published(_described(), title=title, server=address(visit, "")))


@cache
def _described() -> openapi.Document:
    """Made once: the table does not change."""
    return openapi.described(ROUTES)


ROUTES: Final[tuple[Route, ...]] = (
    *figures.ROUTES,
    *handlers.ROUTES,
    *places.ROUTES,
    *recurring.ROUTES,
    *scheduler.ROUTES,
    *events.ROUTES,
    look(
        "/openapi.json",
        "getOpenapi",
        published,
        Operation(summary="This description", tag="openapi", answers={200: dict[str, Any]}),
    ),
    # Last, as a job's address begins with its number or reference, which may be any word.
    *jobs.ROUTES,
    *changes.ROUTES,
    *enqueue.ROUTES,
    *bulk.ROUTES,
)


class Firm(StarletteRoute):
    """A path that is nobody else's: a method that it does not take is refused here, and no vaguer path is asked."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether the path is this one."""
        match, found = super().matches(scope)
        return (Match.FULL if match is Match.PARTIAL else match), found


def routes(console: Console) -> list[Any]:
    """The routes for Starlette, the plainest paths first."""
    return [
        Firm(one.path, one.endpoint, methods=sorted(one.methods or ()), name=one.name)
        for one in sorted(mounted(ROUTES, console, failed), key=lambda one: vagueness(one.path))
    ]


def vagueness(path: str) -> list[int]:
    """Fixed words go before names, names before paths, and these before what is over, from the left."""
    return [*(0 if "{" not in word else 1 if ":path" not in word else 2 for word in path.split("/")), 3]


async def failed(_visit: Visit | None, console: Console, _request: Request, error: Exception) -> Response:
    """The answer to what an operation raised."""
    headers = {"WWW-Authenticate": console.doorkeeper.challenge} if isinstance(error, Unauthorized) else None
    return problem_of(error).response(headers)
