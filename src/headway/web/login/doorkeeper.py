"""`allow=Login()`: who is signed in here, by a session's cookie or by a token."""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from starlette.requests import Request

from headway.model.clock import MICROSECOND
from headway.model.errors import ConfigInvalid
from headway.store.accounts import TokenKind
from headway.web.access import Permission, Viewer
from headway.web.login import cookie
from headway.web.login.brake import Brake
from headway.web.login.passwords import Passwords
from headway.web.login.secret import TOKEN_PREFIX, Entropy, digest, is_drawn

if TYPE_CHECKING:
    from headway.client.jobs import Jobs
    from headway.store.accounts import SessionRow

IDLE_DEFAULT: Final = timedelta(minutes=30)
LIFETIME_DEFAULT: Final = timedelta(hours=12)
LONGEST: Final = timedelta(days=30)
SEEN_EVERY_US: Final = 60_000_000
"""That somebody is there is noted at most so often."""
SCHEME: Final = "bearer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """The built-in login: `admin(jobs, allow=Login())`.

    Users and tokens are kept in the jobs' store and made with `headway users` and `headway tokens`.
    """

    idle: timedelta = IDLE_DEFAULT
    """Whoever asked for nothing for so long is signed out. An open page that shows itself anew is no asking."""
    lifetime: timedelta = LIFETIME_DEFAULT
    """Everybody is signed out after so long."""
    secure: bool | None = None
    """Whether browsers come by https; None sees it from each request, which needs a proxy that says so."""

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        for name in ("idle", "lifetime"):
            if not MICROSECOND <= getattr(self, name) <= LONGEST:
                raise ConfigInvalid(f"Login({name}=...) must be positive, at most {LONGEST.days} days")

    def doorkeeper(self, jobs: Jobs) -> LoginDoorkeeper:
        """The doorkeeper for these jobs."""
        return LoginDoorkeeper(self, jobs)


class LoginDoorkeeper:
    """Says who is signed in."""

    challenge: str = 'Bearer realm="headway"'
    sign_in: str | None = "/sign-in"
    why: str = "You are signed in, but may not see background jobs. Ask whoever runs this."

    def __init__(self, login: Login, jobs: Jobs, *, entropy: Entropy = os.urandom) -> None:
        """With the settings, and the jobs whose store keeps users and sessions."""
        self.login = login
        self.jobs = jobs
        self.entropy = entropy
        self.passwords = Passwords()
        self.brake = Brake()

    @property
    def idle_us(self) -> int:
        """How long somebody may be idle."""
        return self.login.idle // MICROSECOND

    def is_secure(self, request: Request) -> bool:
        """Whether the browser came by https."""
        return request.url.scheme == "https" if self.login.secure is None else self.login.secure

    async def viewer(self, request: Request) -> Viewer | None:
        """Whoever the token or the cookie belongs to. A token that is wrong is nobody, whatever the cookie says."""
        return await self._known(request, is_seen=True)

    async def still(self, request: Request) -> Viewer | None:
        """The same, without noting that they are there."""
        return await self._known(request, is_seen=False)

    async def _known(self, request: Request, *, is_seen: bool) -> Viewer | None:
        tokens = bearers(request.headers.getlist("authorization"))
        if tokens:
            return await self._bearer(tokens, is_seen=is_seen)
        secret = cookie.taken(request, secure=self.is_secure(request))
        return None if secret is None else await self._session(digest(secret), is_seen=is_seen)

    async def _bearer(self, tokens: list[str], *, is_seen: bool) -> Viewer | None:
        if len(tokens) != 1 or not tokens[0].startswith(TOKEN_PREFIX) or not is_drawn(tokens[0]):
            return None
        store, key = self.jobs.store, digest(tokens[0])
        row = await store.reader.acall(store.reader.token(key))
        if row is None or row.kind is not TokenKind.BEARER or not hmac.compare_digest(row.digest, key):
            return None
        if is_seen and (row.seen_us is None or row.seen_us + SEEN_EVERY_US <= self.jobs.clock.now_us()):
            await store.acall(store.touch_token(key))
        return Viewer(
            name=f"token {row.name}",
            permissions=permissions_of(row.permissions),
            apps=None if row.apps is None else frozenset(row.apps),
            tenant=row.tenant,
        )

    async def _session(self, key: str, *, is_seen: bool) -> Viewer | None:
        store, now_us = self.jobs.store, self.jobs.clock.now_us()
        row: SessionRow | None = await store.reader.acall(store.reader.session(key))
        if row is None or not hmac.compare_digest(row.digest, key) or row.seen_us + self.idle_us <= now_us:
            return None
        if is_seen and row.seen_us + min(SEEN_EVERY_US, self.idle_us // 2) <= now_us:
            row = await store.acall(store.touch_session(key, idle_us=self.idle_us))
        if row is None:
            return None
        permissions = permissions_of(row.permissions)
        return Viewer(name=row.user, permissions=permissions, tenant=row.tenant, session=key)


def bearers(headers: Iterable[str]) -> list[str]:
    """The tokens in these Authorization headers; other schemes are somebody else's, as a proxy's that asks for a password."""
    parts = [header.strip().partition(" ") for header in headers]
    return [token.strip() for scheme, _, token in parts if scheme.lower() == SCHEME]


def permissions_of(names: Iterable[str]) -> frozenset[Permission]:
    """Permissions by their stored names; others mean nothing."""
    known = {one.value: one for one in Permission}
    return frozenset(known[name] for name in names if name in known)
