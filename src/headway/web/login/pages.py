"""The pages to sign in at, by password or by link, and out."""

from __future__ import annotations

from typing import Final, cast

from starlette.responses import HTMLResponse, RedirectResponse, Response

from headway.web.login import cookie
from headway.web.login.doorkeeper import LoginDoorkeeper
from headway.web.login.signing import Braked, Refused, Signing
from headway.web.pages.environment import environment
from headway.web.pages.forms import form
from headway.web.pages.frame import static
from headway.web.pages.links import with_query
from headway.web.route import Route
from headway.web.visit import Visit

NEXT_MAX: Final = 2_000


async def show(visit: Visit) -> Response:
    """The page with the form; whoever is signed in goes on to where they wanted.

    A browser that comes by a link from another site sends no cookie, as ours goes with nothing that another site causes.
    It is asked to come again of its own accord.
    """
    if visit.request.headers.get("sec-fetch-site") == "cross-site":
        return _page(visit, "sign_in_again.html", again=_own_address(visit))
    if await doorkeeper_of(visit).still(visit.request) is not None:
        return RedirectResponse(visit.url(own_path(visit.request.query_params.get("next"))), 303)
    return _page(visit, "sign_in.html", name="", next=own_path(visit.request.query_params.get("next")), said=None)


async def sign_in(visit: Visit) -> Response:
    """By name and password."""
    sent = await form(visit)
    name, wanted = sent.get("name", ""), own_path(sent.get("next"))
    try:
        secret = await Signing(doorkeeper=doorkeeper_of(visit), request=visit.request).by_password(
            name, sent.get("password", "")
        )
    except (Braked, Refused) as error:
        return _refused(visit, "sign_in.html", error, name=name, next=wanted)
    return _signed_in(visit, secret, wanted)


async def show_link(visit: Visit) -> Response:
    """The page that a link leads to: its button signs in, so that whatever only looks at a link does not use it up."""
    return _page(visit, "sign_in_link.html", secret=visit.request.query_params.get("token", ""), said=None)


async def use_link(visit: Visit) -> Response:
    """By the link's secret, once."""
    sent = await form(visit)
    try:
        secret = await Signing(doorkeeper=doorkeeper_of(visit), request=visit.request).by_link(sent.get("token", ""))
    except (Braked, Refused) as error:
        return _refused(visit, "sign_in_link.html", error, secret="")
    return _signed_in(visit, secret, "/")


async def sign_out(visit: Visit) -> Response:
    """Ends the session, here and in the store."""
    await Signing(doorkeeper=doorkeeper_of(visit), request=visit.request).out()
    response = RedirectResponse(visit.url("/sign-in"), 303)
    cookie.drop(response, visit.request, secure=doorkeeper_of(visit).is_secure(visit.request))
    return response


def doorkeeper_of(visit: Visit) -> LoginDoorkeeper:
    """The doorkeeper of a console that these pages stand in: no other has them."""
    return cast("LoginDoorkeeper", visit.console.doorkeeper)


def own_path(text: str | None) -> str:
    """A path within this console, from what an address or a form says: never one that leads elsewhere."""
    path = text or "/"
    is_own = path.startswith("/") and not path.startswith(("//", "/\\")) and len(path) <= NEXT_MAX
    return path if is_own and path.isprintable() and "\\" not in path else "/"


def _signed_in(visit: Visit, secret: str, wanted: str) -> Response:
    response = RedirectResponse(visit.url(wanted), 303)
    cookie.put(response, visit.request, secret, secure=doorkeeper_of(visit).is_secure(visit.request))
    return response


def _refused(visit: Visit, template: str, error: Braked | Refused, **values: str) -> Response:
    response = _page(visit, template, error.status, said=str(error), **values)
    if isinstance(error, Braked):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def _own_address(visit: Visit) -> str:
    return visit.url(with_query("/sign-in", [("next", visit.request.query_params.get("next"))]))


def _page(visit: Visit, template: str, status: int = 200, **values: str | None) -> Response:
    shown = {"look": visit.console.look, "url": visit.url, "static": lambda name: static(visit.request, name)}
    return HTMLResponse(environment().get_template(template).render(**shown, **values), status)


ROUTES: Final = (
    Route(method="GET", path="/sign-in", permission=None, run=show, name="sign-in"),
    Route(method="POST", path="/sign-in", permission=None, run=sign_in, name="sign-in-now"),
    Route(method="GET", path="/sign-in/link", permission=None, run=show_link, name="sign-in-link"),
    Route(method="POST", path="/sign-in/link", permission=None, run=use_link, name="sign-in-link-now"),
    Route(method="POST", path="/sign-out", permission=None, run=sign_out, name="sign-out"),
)
