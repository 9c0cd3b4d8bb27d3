"""What all pages share: the templates, and how one is answered."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from headway.web.visit import Visit


@cache
def environment() -> Environment:
    """The templates: everything that is put into them is escaped, and nothing may be missing."""
    return Environment(
        loader=PackageLoader("headway.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def show(visit: Visit, template: str, *, status: int = 200, **values: Any) -> Response:
    """A page made from a template."""
    return HTMLResponse(
        environment().get_template(template).render(visit=visit, url=visit.url, look=visit.console.look, **values),
        status,
    )


def go(visit: Visit, path: str) -> Response:
    """After a form: to a page, by GET."""
    return RedirectResponse(visit.url(path), 303)
