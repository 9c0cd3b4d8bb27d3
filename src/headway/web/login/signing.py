"""Signing in and out: what it takes, what it opens, and what is written down of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.requests import Request

from headway.model.clock import MICROSECOND
from headway.store.acting import Act, as_note
from headway.web.login import cookie
from headway.web.login.accounts import LINK_NAME
from headway.web.login.brake import address_key
from headway.web.login.doorkeeper import LoginDoorkeeper
from headway.web.login.secret import LINK_PREFIX, digest, drawn, is_drawn
from headway.web.problems import RequestInvalid

if TYPE_CHECKING:
    from headway.store.accounts import TokenRow
    from headway.store.protocol import Store

NAME_MAX: Final = 200
SECOND_US: Final = 1_000_000
WRONG: Final = "That name and password do not fit together."
SPENT: Final = "That link was used before, or is over. Ask for a new one."


class Braked(RequestInvalid):
    """There were too many tries; wait <seconds> s."""

    def __init__(self, wait_us: int) -> None:
        """How long."""
        self.seconds = -(-wait_us // SECOND_US)
        super().__init__(f"There were too many tries. Wait {self.seconds} s.", status=429)


class Refused(RequestInvalid):
    """It was not the right name, password or link."""

    def __init__(self, message: str) -> None:
        """What to tell."""
        super().__init__(message, status=401)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Somebody at the door."""

    doorkeeper: LoginDoorkeeper
    request: Request

    @property
    def store(self) -> Store:
        """Where users and sessions are kept."""
        return self.doorkeeper.jobs.store

    async def by_password(self, name: str, password: str) -> str:
        """The secret of a new session; Braked or Refused."""
        name = name.strip()[:NAME_MAX]
        keys = (f"name {name}", f"address {self._address()}")
        self._brake(keys)
        user = await self.store.reader.acall(self.store.reader.user(name))
        known = None if user is None or user.disabled_us is not None else user.password
        if not await self.doorkeeper.passwords.fits(password, known) or user is None:
            await self._fail("user", None if user is None else user.name)
            raise Refused(WRONG)
        self.doorkeeper.brake.forgive(keys)
        return await self._open(user.name, None, None, "password")

    async def by_link(self, secret: str) -> str:
        """The secret of a new session, for a link that is used up by this; Braked or Refused."""
        keys = (f"address {self._address()}",)
        self._brake(keys)
        link = await self._spend(secret)
        if link is None:
            await self._fail("token", None)
            raise Refused(SPENT)
        self.doorkeeper.brake.forgive(keys)
        return await self._open(link.name.removeprefix(LINK_NAME), link.permissions or None, link.tenant, "link")

    async def out(self) -> None:
        """Ends the session that the request came with, if it did with one."""
        viewer = await self.doorkeeper.still(self.request)
        await self._close(None if viewer is None else viewer.name)

    async def _spend(self, secret: str) -> TokenRow | None:
        if not secret.startswith(LINK_PREFIX) or not is_drawn(secret):
            return None
        return await self.store.acall(self.store.spend_link(digest(secret)))

    async def _open(self, user: str, permissions: tuple[str, ...] | None, tenant: str | None, way: str) -> str:
        """A session of its own, never the one that the request came with: that one may have been planted, and ends."""
        await self._close(None)
        secret = drawn(self.doorkeeper.entropy)
        lives_us = self.doorkeeper.login.lifetime // MICROSECOND
        opening = self.store.open_session(
            digest(secret), user=user, permissions=permissions, lives_us=lives_us, tenant=tenant
        )
        act = self._act("sign_in", "user", user, by=user, way=way)
        await self.store.acall(self.store.recorded(opening, lambda _: act))
        return secret

    async def _close(self, user: str | None) -> None:
        secret = cookie.taken(self.request, secure=self.doorkeeper.is_secure(self.request))
        if secret is not None:
            act = None if user is None else self._act("sign_out", "user", user, by=user)
            closing = self.store.close_session(digest(secret))
            await self.store.acall(self.store.recorded(closing, lambda done: act if done else None))

    async def _fail(self, subject: str, name: str | None) -> None:
        """Writes it down; a name that is nobody's is not kept, for it may well be a password."""
        await self.store.acall(self.store.note_act(self._act("sign_in_failed", subject, name, by=None)))

    def _brake(self, keys: tuple[str, ...]) -> None:
        wait_us = self.doorkeeper.brake.wait_us(keys, self.doorkeeper.jobs.clock.now_us())
        if wait_us:
            raise Braked(wait_us)

    def _address(self) -> str:
        client = self.request.client
        return address_key(None if client is None else client.host)

    def _act(self, kind: str, subject: str, name: str | None, *, by: str | None, **facts: str) -> Act:
        note = as_note({**facts, "address": self._address()})
        return Act(kind=kind, subject=subject, subject_id=name, app=None, by=by, via="pages", note=note)
