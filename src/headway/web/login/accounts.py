"""Users, tokens and sign-in links as whoever runs the console makes them, each change written down with who made it."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from headway.model.clock import MICROSECOND
from headway.model.errors import OptionInvalid
from headway.model.tenant import check_tenant
from headway.store.accounts import NewToken, TokenKind
from headway.store.acting import Act, as_note
from headway.store.operation import Operation
from headway.web.access import Permission
from headway.web.login.passwords import hashed
from headway.web.login.secret import LINK_PREFIX, TOKEN_PREFIX, Entropy, digest, drawn

if TYPE_CHECKING:
    from headway.store.protocol import Store

NAME_MAX: Final = 100
LINK_NAME: Final = "sign-in:"
"""A sign-in link is kept as a token of this name and the user's."""
LINK_LIFETIME: Final = timedelta(hours=1)


def named(what: str, name: str) -> str:
    """A name as it is kept; OptionInvalid for one that cannot be."""
    text = unicodedata.normalize("NFC", name.strip())
    if not text or len(text) > NAME_MAX or not text.isprintable() or text.startswith(LINK_NAME):
        raise OptionInvalid(f"the name of a {what} has 1 to {NAME_MAX} printable characters, not {name[:NAME_MAX]!r}")
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Makes and changes them in a store, for `by`."""

    store: Store
    by: str | None
    now_us: int
    entropy: Entropy = os.urandom

    def add(
        self, name: str, password: str | None, permissions: Sequence[Permission], *, tenant: str | None = None
    ) -> None:
        """A new user, of one tenant for good or of none; without a password they sign in by a link. UserExists if there is one of that name."""
        user = named("user", name)
        kept = None if password is None else hashed(password)
        making = self.store.put_user(
            user, password=kept, permissions=tuple(permissions), create=True, tenant=check_tenant(tenant)
        )
        self._do(making, "add", "user", user, {"permissions": list(permissions), **_of(tenant)})

    def permit(self, name: str, permissions: Sequence[Permission]) -> bool:
        """Other permissions for a user, who is signed out everywhere; False if there is none."""
        if self.store.reader.call(self.store.reader.user(name)) is None:
            return False
        changing = self.store.put_user(name, password=None, permissions=tuple(permissions))
        self._do(changing, "permissions", "user", name, {"permissions": list(permissions)})
        return True

    def rekey(self, name: str, password: str) -> bool:
        """Another password for a user, who is signed out everywhere; False if there is none."""
        user = self.store.reader.call(self.store.reader.user(name))
        if user is None:
            return False
        changing = self.store.put_user(name, password=hashed(password), permissions=user.permissions)
        self._do(changing, "password", "user", name)
        return True

    def disable(self, name: str) -> bool:
        """Lets nobody sign in as this user any more, and signs them out; whether that was possible before."""
        return self._do(self.store.disable_user(name), "disable", "user", name)

    def enable(self, name: str) -> bool:
        """Lets a disabled user sign in again; whether they were disabled."""
        return self._do(self.store.enable_user(name), "enable", "user", name)

    def remove(self, name: str) -> bool:
        """Forgets a user, who is signed out; whether there was one."""
        return self._do(self.store.remove_user(name), "remove", "user", name)

    def token(
        self,
        name: str,
        permissions: Sequence[Permission],
        *,
        apps: Sequence[str] | None,
        lives: timedelta | None,
        tenant: str | None = None,
    ) -> str:
        """A new token, told now and never again. TokenExists if one of that name still opens anything."""
        secret = drawn(self.entropy, TOKEN_PREFIX)
        token = NewToken(
            name=named("token", name),
            kind=TokenKind.BEARER,
            digest=digest(secret),
            permissions=tuple(permissions),
            apps=None if apps is None else tuple(apps),
            expires_us=None if lives is None else self.now_us + lives // MICROSECOND,
            tenant=check_tenant(tenant),
        )
        note = {"permissions": list(permissions), "apps": None if apps is None else list(apps), **_of(tenant)}
        self._do(self.store.put_token(token, by=self.by), "add", "token", token.name, note)
        return secret

    def revoke(self, name: str) -> bool:
        """Lets a token open nothing any more; whether it did."""
        return self._do(self.store.revoke_token(name), "revoke", "token", name)

    def link(
        self,
        user: str,
        permissions: Sequence[Permission] = (),
        *,
        lives: timedelta = LINK_LIFETIME,
        tenant: str | None = None,
    ) -> str:
        """A secret that signs somebody in, once: as this user, or, with permissions, as a guest who has them.

        A link that was made for them before opens nothing any more.
        """
        secret = drawn(self.entropy, LINK_PREFIX)
        name = f"{LINK_NAME}{named('user', user)}"
        self.store.call(self.store.revoke_token(name))
        token = NewToken(
            name=name,
            kind=TokenKind.LINK,
            digest=digest(secret),
            permissions=tuple(permissions),
            expires_us=self.now_us + lives // MICROSECOND,
            tenant=check_tenant(tenant),
        )
        self._do(
            self.store.put_token(token, by=self.by),
            "add",
            "token",
            name,
            {"permissions": list(permissions), **_of(tenant)},
        )
        return secret

    def _do(
        self, operation: Operation[Any], kind: str, subject: str, name: str, note: dict[str, Any] | None = None
    ) -> bool:
        """Runs it and writes it down, unless it answers that there was nothing to do."""
        text = None if note is None else as_note(note)
        act = Act(kind=kind, subject=subject, subject_id=name, app=None, by=self.by, via="command", note=text)
        answer = self.store.call(
            self.store.recorded(operation, lambda done: None if done is False and kind in ENDS else act)
        )
        return answer is not False


def _of(tenant: str | None) -> dict[str, str]:
    """For the note of an act."""
    return {} if tenant is None else {"tenant": tenant}


ENDS: Final = frozenset({"disable", "enable", "remove", "revoke"})
"""Acts whose operation says False where nothing was to be done."""
