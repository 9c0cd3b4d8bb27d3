"""What all pages share: how one is answered, and where its links lead."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from headway.web import live
from headway.web.pages import notice
from headway.web.pages.environment import environment
from headway.web.pages.links import with_query
from headway.web.pages.navigation import navigation_for
from headway.web.pages.notice import Notice
from headway.web.pages.statics import version
from headway.web.visit import Visit


def show(visit: Visit, template: str, *, status: int = 200, nav: str = "", **values: Any) -> Response:
    """A page made from a template; `nav` names the page of the frame that it is, or belongs to."""
    said = None if live.AGAIN in visit.request.scope else notice.taken(visit.request)
    text = environment().get_template(template).render(**frame(visit, nav=nav, said=said), **values)
    response = HTMLResponse(text, status)
    if said is not None:
        notice.drop(response, root=root_of(visit.request))
    return response


def frame(visit: Visit, *, nav: str = "", said: Notice | None = None) -> dict[str, Any]:
    """What the frame and the macros count on."""
    request = visit.request
    look = visit.console.look
    return {
        "visit": visit,
        "look": look,
        "zone": look.zone,
        "now_us": visit.console.now_us(),
        "nav": nav,
        "navigation": navigation_for(visit.viewer),
        "said": said,
        "is_live": live.OPTED in request.scope,
        "is_live_part": live.AGAIN in request.scope,
        "live_from": live.address(request),
        "url": lambda path="/": address(visit, path),
        "filtered": lambda **parts: address(visit, with_query("/jobs", parts.items())),
        "at_app": lambda app: with_query(visit.url("/"), [("app", app)]),
        "static": lambda name: static(request, name),
    }


def go(visit: Visit, path: str, said: str | None = None, *, kind: str = "good") -> Response:
    """After a form: to a page, by GET, which says what was done. kind: good, bad or plain."""
    response = RedirectResponse(address(visit, path), 303)
    if said is not None:
        secure = visit.request.url.scheme == "https"
        notice.put(response, Notice(text=said, kind=kind), root=root_of(visit.request), secure=secure)
    return response


def address(visit: Visit, path: str) -> str:
    """The address of a page, of the same app as this one; `path` begins with a slash and may have a query."""
    if visit.app == visit.console.apps[0]:
        return visit.url(path)
    return visit.url(with_query(path, [("app", visit.app)]))


def came_from(request: Request) -> str | None:
    """The page of this application that a form was on, to go back to."""
    page = request.headers.get("referer", "")
    return page if page.startswith(f"{request.url.scheme}://{request.url.netloc}/") else None


def static(request: Request, name: str) -> str:
    """The address of a style sheet, script or picture: another one when its content is."""
    return f"{root_of(request)}/static/{name}?v={version(name)}"


def root_of(request: Request) -> str:
    """Where the console is mounted, without a slash at the end."""
    root: str = request.scope.get("headway.root", request.scope.get("root_path", ""))
    return root.rstrip("/")
