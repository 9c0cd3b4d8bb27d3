"""Who may look, and who may act: permissions, viewers, and the gates that say who somebody is.

Everything is closed until an application says otherwise. A gate answers with a viewer, or with None where nobody is
known; a viewer without the permission that a route asks for is refused.
"""

from __future__ import annotations

import inspect
import ipaddress
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol, TypeAlias, cast

from starlette.requests import Request

from headway.model.errors import ConfigInvalid

log = logging.getLogger("headway.web")

ANONYMOUS: Final = "somebody"


class Permission(StrEnum):
    """What somebody may do. Whoever may manage may view."""

    VIEW = "BackgroundJobs.ViewJobs"
    """See everything: jobs with their arguments, results and logs, schedules, queues, workers."""
    MANAGE = "BackgroundJobs.ManageJobs"
    """Change everything: cancel, retry, delete, pause, run, enqueue."""


EVERYTHING: Final = frozenset(Permission)


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Somebody who asks, and what they may do."""

    name: str | None = None
    """As it is written down with what they do."""
    permissions: frozenset[Permission] = frozenset()
    apps: frozenset[str] | None = None
    """The apps that they may see; None for all that the console shows."""
    session: str | None = None
    """The digest of their session with the built-in login."""

    def may(self, permission: Permission) -> bool:
        """Whether they have it, or one that includes it."""
        return permission in self.permissions or Permission.MANAGE in self.permissions


Answer: TypeAlias = Viewer | Permission | Iterable[str] | bool | None
"""What a check of the application's own may answer: yes to everything (True), no (False), permissions by name, a viewer,
or None for nobody known."""
Allow: TypeAlias = Callable[[Request], Answer | Awaitable[Answer]]
Authorize: TypeAlias = Callable[[Request, str, Any], bool | Awaitable[bool]]
"""Asked before each change with the request, the kind of act and the job (None where it is about no single job)."""


class Gate(Protocol):
    """Says who asks."""

    challenge: str
    """For the API's answer 401: how somebody may say who they are."""
    sign_in: str | None
    """The page to sign in at, relative to the console's root; None where there is none."""
    why: str
    """What to tell whom it refuses."""

    async def viewer(self, request: Request) -> Viewer | None:
        """Who asks; None where nobody is known. Never raises: what goes wrong refuses."""
        ...


class Closed:
    """The gate of a console that was given none: open to this computer while the application is being developed, else shut."""

    challenge: str = "Bearer"
    sign_in: str | None = None
    why: str = (
        "Nobody said who may see these pages, so they are closed. Give admin(jobs, allow=...) a check of the request, "
        "or run the application in debug mode to see them from this computer."
    )

    async def viewer(self, request: Request) -> Viewer | None:
        """Everything for this computer in debug mode; otherwise known to nobody, and refused."""
        if is_debugged(request) and is_local(request):
            return Viewer(name="local", permissions=EVERYTHING)
        return Viewer(name=None)


class Asked:
    """A gate that asks a callable of the application."""

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
            return _read(answer, request)
        except AssertionError as error:
            missing = "AuthenticationMiddleware" in str(error)
            hint = (
                " Add AuthenticationMiddleware to the application, outside of where the pages are mounted."
                if missing
                else ""
            )
            log.exception("the check allow= of the background jobs' pages failed, so access is refused.%s", hint)
        except Exception:
            log.exception("the check allow= of the background jobs' pages failed, so access is refused")
        return Viewer(name=None)


class Loopback:
    """`allow=loopback`: everything for whoever sits at this computer, when no proxy stands between; nothing for others."""

    def __call__(self, request: Request) -> Answer:
        """Whether the request came from this computer itself."""
        return Viewer(name="local", permissions=EVERYTHING) if is_local(request) else False


loopback: Final = Loopback()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scopes:
    """`allow=Scopes()`: reads the scopes that Starlette's AuthenticationMiddleware gave the request.

    By default they are called as the permissions are; `Scopes(view="jobs:view", manage="jobs:manage")` names others, so
    `Scopes(view="staff", manage="admin")` gives permissions to roles that are kept as scopes.
    """

    view: str = Permission.VIEW
    manage: str = Permission.MANAGE

    def __call__(self, request: Request) -> Answer:
        """The permissions of the scopes; None for whoever is not signed in."""
        if not is_authenticated(request):
            return None
        held = request.auth.scopes
        named = {Permission.VIEW: self.view, Permission.MANAGE: self.manage}
        return Viewer(
            name=name_of(request), permissions=frozenset(one for one, scope in named.items() if scope in held)
        )


@dataclass(frozen=True, slots=True)
class Role:
    """`allow=Role("admin")`: everything for users with that role, in `request.user.roles` (or `role`) or in the scopes."""

    role: str

    def __call__(self, request: Request) -> Answer:
        """Everything or nothing; None for whoever is not signed in."""
        if not is_authenticated(request):
            return None
        user = request.user
        roles = getattr(user, "roles", None) or (getattr(user, "role", None),)
        held = {
            *(() if isinstance(roles, str) else roles),
            *((roles,) if isinstance(roles, str) else ()),
            *request.auth.scopes,
        }
        return Viewer(name=name_of(request), permissions=EVERYTHING if self.role in held else frozenset())


def gate_of(allow: Allow | Gate | None) -> Gate:
    """The gate that an application's `allow=` means."""
    given: Any = allow
    if given is None:
        return Closed()
    if hasattr(given, "viewer"):
        return cast("Gate", given)
    if not callable(given):
        msg = f"allow= must be a function of the request, Scopes(), Role(...) or loopback, not {given!r}"
        raise ConfigInvalid(msg)
    return Asked(cast("Allow", given))


def is_authenticated(request: Request) -> bool:
    """Whether a middleware of the application knows who asks."""
    user = request.scope.get("user")
    return user is not None and bool(getattr(user, "is_authenticated", False))


def name_of(request: Request) -> str | None:
    """How the application calls who asks."""
    user = request.scope.get("user")
    for attribute in ("display_name", "username", "identity", "name", "email"):
        try:
            name = getattr(user, attribute, None)
        except NotImplementedError:  # Starlette's BaseUser has properties that a subclass need not give
            continue
        if isinstance(name, str) and name:
            return name
    return None


def is_debugged(request: Request) -> bool:
    """Whether an application that this one is mounted in runs in debug mode."""
    return bool(getattr(request.scope.get("headway.outer_app"), "debug", False))


def is_local(request: Request) -> bool:
    """Whether the request came from this computer, straight: by its peer, by the host it asked for, and through no proxy."""
    client = request.client
    if client is None or any(
        request.headers.get(name) for name in ("forwarded", "x-forwarded-for", "x-real-ip", "via")
    ):
        return False
    host = request.headers.get("host", "")
    name = host[1 : host.index("]")] if host.startswith("[") and "]" in host else host.rpartition(":")[0] or host
    return _is_loopback(client.host) and (name == "localhost" or _is_loopback(name))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read(answer: Any, request: Request) -> Viewer | None:
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
    """Those of the names that are permissions: a host's other permissions mean nothing here."""
    known = {one.value: one for one in Permission}
    return frozenset(known[name] for name in names if name in known)
