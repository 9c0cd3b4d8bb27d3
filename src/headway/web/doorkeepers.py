"""The doorkeepers: closed, or asking a callable of the application; and the application's hook before each change."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterable
from typing import Any, Final, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request

from headway.model.errors import ConfigInvalid
from headway.web.access import EVERYTHING, Allow, Authorize, Doorkeeper, Maker, Permission, Viewer
from headway.web.identity import MISSING, is_authenticated, name_of
from headway.web.nearby import is_local

log = logging.getLogger("headway.web")

FAILED: Final = "The application's check of who may see these pages failed, so nobody may; its log says why."
NOBODY: Final = 401


class Closed:
    """The doorkeeper of a console that was given none: open to this computer while the application is being developed, else shut."""

    challenge: str = "Bearer"
    sign_in: str | None = None
    why: str = (
        "Nobody said who may see these pages, so they are closed. Give admin(jobs, allow=...) a check of the request, "
        "or run the application in debug mode to see them from this computer."
    )

    async def viewer(self, request: Request) -> Viewer | None:
        """Everything for this computer in debug mode; otherwise nothing."""
        if is_debugged(request) and is_local(request):
            return Viewer(name="local", permissions=EVERYTHING)
        return Viewer()

    async def still(self, request: Request) -> Viewer | None:
        """The same."""
        return await self.viewer(request)


class Asked:
    """A doorkeeper that asks a callable of the application."""

    challenge: str = "Bearer"
    sign_in: str | None = None
    why: str = "You are known here, but may not see background jobs. Ask whoever runs this application."

    def __init__(self, allow: Allow) -> None:
        """With the application's check."""
        self._allow = allow

    async def viewer(self, request: Request) -> Viewer | None:
        """What it answers, read; one that raises refuses, and is logged."""
        try:
            answer = self._allow(request)
            if inspect.isawaitable(answer):
                answer = await answer
            return read(answer, request)
        except Exception as error:
            if isinstance(error, HTTPException) and error.status_code == NOBODY:
                return None
            log.exception("the check allow= of the background jobs' pages failed, so access is refused.%s", hint(error))  # noqa: TRY401 - the hint says what to do
            return None if "user" in request.scope and not is_authenticated(request) else Viewer(why=FAILED)

    async def still(self, request: Request) -> Viewer | None:
        """The same."""
        return await self.viewer(request)


def doorkeeper_of(allow: Allow | Doorkeeper | Maker | None, jobs: Any) -> Doorkeeper:
    """The doorkeeper that an application's `allow=` means."""
    given: Any = allow
    if given is None:
        return Closed()
    if hasattr(given, "viewer"):
        return cast("Doorkeeper", given)
    if hasattr(given, "doorkeeper"):
        return cast("Maker", given).doorkeeper(jobs)
    if not callable(given):
        msg = f"allow= must be a function of the request, Scopes(), Role(...), Login() or loopback, not {given!r}"
        raise ConfigInvalid(msg)
    return Asked(cast("Allow", given))


async def asked(authorize: Authorize, request: Request, kind: str, job: Any) -> bool:
    """Whether the application lets this change be made; a hook that raises does not, and is logged."""
    try:
        allowed = authorize(request, kind, job)
        if inspect.isawaitable(allowed):
            allowed = await allowed
        return bool(allowed)
    except Exception:
        log.exception("the hook authorize= of the background jobs' pages failed, so %r is refused", kind)
        return False


def hint(error: Exception) -> str:
    """What is probably missing where the check failed for want of a user."""
    missing = isinstance(error, AssertionError) and "AuthenticationMiddleware" in str(error)
    return f" Probably {MISSING}." if missing else ""


def is_debugged(request: Request) -> bool:
    """Whether an application that this one is mounted in runs in debug mode."""
    return getattr(request.scope.get("headway.outer_app"), "debug", False) is True


def read(answer: Any, request: Request) -> Viewer | None:
    """The viewer that an answer of the application's means. What is none of the kinds that an answer may be raises TypeError."""
    match answer:
        case Viewer():
            return answer
        case None:
            return None
        case True:
            return Viewer(name=name_of(request), permissions=EVERYTHING)
        case False:
            return Viewer(name=name_of(request)) if is_authenticated(request) else None
        case str():
            return Viewer(name=name_of(request), permissions=_permissions((answer,)))
        case _:
            return Viewer(name=name_of(request), permissions=_permissions(answer))


def _permissions(names: Iterable[str]) -> frozenset[Permission]:
    """Those of the names that are permissions: an application's other permissions mean nothing here."""
    known = {one.value: one for one in Permission}
    return frozenset(known[name] for name in names if name in known)
