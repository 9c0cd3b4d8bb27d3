"""Whom the application's own authentication knows: the user and the scopes that a middleware gave the request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from headway.model.errors import ConfigInvalid
from headway.web.access import EVERYTHING, Answer, Permission, Viewer

NAME_MAX: Final = 200
"""Characters of a name that is written down."""
MISSING: Final = (
    "the request carries no user: add Starlette's AuthenticationMiddleware to the application that the pages are mounted in, "
    "so that it runs before them"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scopes:
    """`allow=Scopes()`: reads the scopes that Starlette's AuthenticationMiddleware gave the request.

    By default they are called as the permissions are; `Scopes(view="jobs:view", manage="jobs:manage")` names others, so
    `Scopes(view="staff", manage="admin")` gives permissions to roles that are kept as scopes.
    """

    view: str = Permission.VIEW
    manage: str = Permission.MANAGE

    def __call__(self, request: Request) -> Answer:
        """The permissions of the scopes; None for whoever is not signed in. ConfigInvalid without the middleware."""
        if not is_signed_in(request):
            return None
        named = {Permission.VIEW: self.view, Permission.MANAGE: self.manage}
        held = scopes_of(request)
        return Viewer(
            name=name_of(request), permissions=frozenset(one for one, scope in named.items() if scope in held)
        )


@dataclass(frozen=True, slots=True)
class Role:
    """`allow=Role("admin")`: everything for users with that role, in `request.user.roles` (or `role`) or in the scopes."""

    role: str

    def __call__(self, request: Request) -> Answer:
        """Everything or nothing; None for whoever is not signed in. ConfigInvalid without the middleware."""
        if not is_signed_in(request):
            return None
        has = self.role in roles_of(request) or self.role in scopes_of(request)
        return Viewer(name=name_of(request), permissions=EVERYTHING if has else frozenset())


def is_signed_in(request: Request) -> bool:
    """Whether a middleware knows who asks; ConfigInvalid where none ran."""
    if "user" not in request.scope:
        raise ConfigInvalid(MISSING)
    return is_authenticated(request)


def is_authenticated(request: Request) -> bool:
    """Whether a middleware of the application knows who asks."""
    user = request.scope.get("user")
    return user is not None and bool(getattr(user, "is_authenticated", False))


def scopes_of(request: Request) -> frozenset[str]:
    """The scopes that a middleware gave the request."""
    return frozenset(getattr(request.scope.get("auth"), "scopes", ()))


def roles_of(request: Request) -> frozenset[str]:
    """The roles that the user has, by `roles` (any collection) or by `role`."""
    user = request.scope["user"]
    roles = getattr(user, "roles", None)
    if roles is None:
        roles = getattr(user, "role", None)
    match roles:
        case None:
            return frozenset()
        case str():
            return frozenset({roles})
        case _:
            return frozenset(roles)


def name_of(request: Request) -> str | None:
    """How the application calls who asks."""
    user = request.scope.get("user")
    for attribute in ("display_name", "username", "identity", "name", "email"):
        try:
            name = getattr(user, attribute, None)
        except NotImplementedError:  # Starlette's BaseUser has properties that a subclass need not give
            continue
        if isinstance(name, str) and name:
            return name[:NAME_MAX]
    return None
