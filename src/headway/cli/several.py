"""`headway serve --store NAME=PLACE --store NAME=PLACE --read-only`: the consoles of several stores behind one address, each below its name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from headway.cli.exits import UsageInvalid
from headway.cli.serving import Plan, Served, announce, closed, jobs_of, listener_of, login_of
from headway.web import Login, Look, admin, health

if TYPE_CHECKING:
    from headway.cli.output import Output
    from headway.client.jobs import Jobs

NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
"""It stands in the addresses."""
TAKEN: Final = frozenset({"healthz", "readyz"})
EXAMPLE: Final = "--store crm=/srv/crm/jobs --store shop=postgresql://db/shop"


def named(given: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """NAME=PLACE, several times; UsageInvalid for what is not, and for a name that is given twice."""
    found: dict[str, str] = {}
    for text in given:
        name, _, place = text.partition("=")
        if not place or not NAME.fullmatch(name) or name in TAKEN:
            raise UsageInvalid(
                "of several stores each needs a name of small letters, digits and hyphens", advice=f"write {EXAMPLE}"
            )
        if name in found:
            raise UsageInvalid(f"two stores are called {name}", advice="give each a name of its own")
        found[name] = place
    return tuple(found.items())


def serve(plan: Plan, stores: Sequence[tuple[str, str]], out: Output) -> int:
    """Open them all, listen, say where, serve. Each has its own users."""
    with ExitStack() as stack:
        opened = [(name, *jobs_of(plan, place)) for name, place in stores]
        for _, jobs, _ in opened:
            stack.callback(jobs.close)
        login = login_of(plan, opened[0][1])
        look = _look(plan, stores)
        routes = [_first(plan, stores[0][0])]
        for name, jobs, apps in opened:
            pages = admin(jobs, allow=login, readonly=True, apps=apps, look=look)
            routes += _below(plan, name, jobs, pages)
        application = Starlette(routes=routes)
        application.router.redirect_slashes = False
        listener = listener_of(plan)
        with closed(listener, plan):
            for name, jobs, _ in opened:
                announce(plan, out, jobs, listener, None, has_login=isinstance(login, Login), below=name)
            return Served(opened[0][1], None, application).run(plan, listener)


def _look(plan: Plan, stores: Sequence[tuple[str, str]]) -> Look:
    beside = tuple((name, f"{plan.root}{name}/") for name, _ in stores)
    return Look(beside=beside) if plan.title is None else Look(title=plan.title, beside=beside)


def _below(plan: Plan, name: str, jobs: Jobs, pages: Any) -> list[BaseRoute]:
    return [
        _led(f"/{name}", f"{plan.root}{name}/"),
        Mount(f"/{name}", routes=[Route("/readyz", health(jobs)), Mount("", app=pages)]),
    ]


def _first(plan: Plan, name: str) -> BaseRoute:
    return _led("/", f"{plan.root}{name}/")


def _led(path: str, address: str) -> Route:
    """An address that leads to another: written out, as one that is made of the request would trust its host."""

    async def lead(_request: Request) -> Response:
        return RedirectResponse(address, 303)

    return Route(path, lead)
