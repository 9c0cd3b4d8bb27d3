"""Who may look at a store and act on it, where the built-in login is used: users, sessions, tokens.

The store keeps what it is given: hashes of passwords and digests of secrets are made above it, in `web`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import msgspec

from headway.store.operation import Operation


class UserRow(msgspec.Struct, frozen=True, kw_only=True):
    """A user of the built-in login."""

    name: str
    password: str | None
    """The hash of it; None: signs in by a link only."""
    permissions: tuple[str, ...]
    created_us: int
    changed_us: int
    disabled_us: int | None = None
    tenant: str | None = None
    """The only one whose jobs they may see; None: those of all, and of nobody."""


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody signed in, in one browser."""

    digest: str
    """SHA-256 of the secret in the cookie, in hex."""
    user: str
    permissions: tuple[str, ...]
    """Those that the user has now, or those of the link that it began with."""
    created_us: int
    seen_us: int
    expires_us: int
    tenant: str | None = None
    """Of the user as it is now, or of the link that it began with."""


class TokenKind(StrEnum):
    """What a token is good for."""

    BEARER = "bearer"
    """Programs send it with each request."""
    LINK = "link"
    """A person signs in with it, once."""


class TokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """A secret that opens the API, or signs somebody in."""

    name: str
    kind: TokenKind
    digest: str
    permissions: tuple[str, ...]
    apps: tuple[str, ...] | None
    """The apps that it may see; None for every app."""
    created_us: int
    created_by: str | None
    expires_us: int | None
    revoked_us: int | None
    seen_us: int | None
    tenant: str | None = None
    """The only one whose jobs it may see."""


class NewToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token to be made."""

    name: str
    kind: TokenKind
    digest: str
    permissions: tuple[str, ...]
    apps: tuple[str, ...] | None = None
    expires_us: int | None = None
    tenant: str | None = None


class AccountVerbs(Protocol):
    """Users, sessions, tokens. Each verb is one transaction. Permissions and apps are sets: they come back sorted."""

    def put_user(
        self,
        name: str,
        *,
        password: str | None,
        permissions: tuple[str, ...],
        create: bool = False,
        tenant: str | None = None,
    ) -> Operation[bool]:
        """Create a user or change one (None keeps the password); whether it was new. With `create` an existing one raises UserExists.

        The tenant is that of a new user, and never changes. Changing a password or permissions, or disabling, ends all sessions of the user. A disabled user stays disabled.
        """
        ...

    def disable_user(self, name: str) -> Operation[bool]:
        """Let nobody sign in as this user, and end its sessions; whether it was there and enabled."""
        ...

    def enable_user(self, name: str) -> Operation[bool]:
        """Let a disabled user sign in again; whether it was disabled. Nothing else enables one."""
        ...

    def remove_user(self, name: str) -> Operation[bool]:
        """Remove the user and its sessions; whether it was there."""
        ...

    def open_session(
        self, digest: str, *, user: str, permissions: tuple[str, ...] | None, lives_us: int, tenant: str | None = None
    ) -> Operation[None]:
        """Remember a session; `permissions` None: those that the user has at each moment. A user's tenant is the session's too."""
        ...

    def touch_session(self, digest: str, *, idle_us: int) -> Operation[SessionRow | None]:
        """The session of this digest, seen now; None (and it is gone) when it is over, was idle longer, or its user is gone.

        One with permissions of its own needs no user, but none that is disabled.
        """
        ...

    def close_session(self, digest: str) -> Operation[bool]:
        """Sign out."""
        ...

    def close_sessions(self, user: str) -> Operation[int]:
        """Sign somebody out everywhere, also out of sessions that began with a link; how many sessions that were."""
        ...

    def put_token(self, token: NewToken, *, by: str | None) -> Operation[None]:
        """Remember a token; TokenExists when one of that name still opens anything.

        One that is revoked, over or used up gives its name to the new one.
        """
        ...

    def revoke_token(self, name: str) -> Operation[bool]:
        """Let the token open nothing any more; whether it did."""
        ...

    def touch_token(self, digest: str) -> Operation[bool]:
        """Note that a bearer token was used now; whether it opens anything. Enough once a minute."""
        ...

    def spend_link(self, digest: str) -> Operation[TokenRow | None]:
        """Use up a sign-in link: the token the first time, None ever after, and when it is over or revoked.

        Its `seen_us` says since when it is used up. A link that was used opens nothing that could be revoked: what it opened
        is a session.
        """
        ...


class AccountReads(Protocol):
    """Looking at them."""

    def user(self, name: str) -> Operation[UserRow | None]:
        """One user."""
        ...

    def users(self) -> Operation[tuple[UserRow, ...]]:
        """All users, by name."""
        ...

    def session(self, digest: str) -> Operation[SessionRow | None]:
        """The session of this digest, if it is not over (an idle limit is the caller's)."""
        ...

    def token(self, digest: str) -> Operation[TokenRow | None]:
        """The bearer token of this digest, if it is neither over nor revoked."""
        ...

    def tokens(self) -> Operation[tuple[TokenRow, ...]]:
        """All tokens, by name, those over and revoked too."""
        ...
