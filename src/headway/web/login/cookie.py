"""The cookie that a session is known by: its secret, sent back to this console only."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from headway.web.login.secret import is_drawn
from headway.web.pages.frame import root_of

NAME: Final = "headway"
HOST_PREFIX: Final = "__Host-"
"""Browsers take such a cookie only over https, from this very host: no neighbour of a common domain can plant one."""


def name_of(request: Request, *, secure: bool) -> str:
    """Its name: over https one of each console, as such a cookie cannot be bound to a path."""
    if not secure:
        return NAME
    mount = re.sub(r"[^A-Za-z0-9]+", "-", root_of(request)).strip("-")
    return f"{HOST_PREFIX}{NAME}-{mount}" if mount else f"{HOST_PREFIX}{NAME}"


def taken(request: Request, *, secure: bool) -> str | None:
    """The secret that came with a request, if it can be one."""
    secret = request.cookies.get(name_of(request, secure=secure))
    return secret if secret is not None and is_drawn(secret) else None


def put(response: Response, request: Request, secret: str, *, secure: bool) -> None:
    """Sends it: for as long as the browser is open, to no script, and with no request that another site causes."""
    response.set_cookie(
        name_of(request, secure=secure),
        secret,
        path=_path(request, secure=secure),
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def drop(response: Response, request: Request, *, secure: bool) -> None:
    """Takes it back."""
    response.delete_cookie(
        name_of(request, secure=secure),
        path=_path(request, secure=secure),
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def _path(request: Request, *, secure: bool) -> str:
    return "/" if secure else root_of(request) or "/"
