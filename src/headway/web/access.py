"""Who may look, and who may act: permissions, viewers, and what a doorkeeper is.

Everything is closed until an application says otherwise. A doorkeeper answers with a viewer, or with None where nobody is
known; a viewer without the permission that a route asks for is refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol, TypeAlias

from starlette.requests import Request

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
    tenant: str | None = None
    """The only tenant whose jobs they may see and act on; None: everybody's, and those of nobody."""
    session: str | None = None
    """The digest of their session with the built-in login."""
    why: str | None = None
    """What to tell them when they are refused; None leaves it to the doorkeeper."""

    def may(self, permission: Permission) -> bool:
        """Whether they have it, or one that includes it."""
        return permission in self.permissions or Permission.MANAGE in self.permissions


Answer: TypeAlias = Viewer | Permission | Iterable[str] | bool | None
"""What a check of the application's own may answer: yes to everything (True), no (False), permissions by name, a viewer,
or None for nobody known."""
Allow: TypeAlias = Callable[[Request], Answer | Awaitable[Answer]]
"""A check of the application's own. One that blocks holds up the event loop: make it async, or quick."""
Authorize: TypeAlias = Callable[[Request, str, Any], bool | Awaitable[bool]]
"""Asked before each change with the request, the kind of act and the job (None where it is about no single job)."""


class Doorkeeper(Protocol):
    """Says who asks. Never raises for whom it does not know: what goes wrong refuses."""

    challenge: str
    """For the API's answer 401: how somebody may say who they are."""
    sign_in: str | None
    """The page to sign in at, relative to the console's root; None where there is none."""
    why: str
    """What to tell whom it refuses."""

    async def viewer(self, request: Request) -> Viewer | None:
        """Who asks; None where nobody is known."""
        ...

    async def still(self, request: Request) -> Viewer | None:
        """The same, asked again while an answer streams: that somebody looks on is no sign of their being there."""
        ...


class Maker(Protocol):
    """Settings of a doorkeeper that needs the jobs' store, as the built-in login does."""

    def doorkeeper(self, jobs: Any) -> Doorkeeper:
        """The doorkeeper."""
        ...
