"""Users, sessions and tokens of the built-in login."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from headway.model.errors import TokenExists, UserExists
from headway.store.accounts import NewToken, SessionRow, TokenKind, TokenRow, UserRow
from headway.store.operation import Operation
from headway.store.verbs.transaction import Row, Transaction, as_json

_decode_names = msgspec.json.Decoder(tuple[str, ...]).decode


class AccountDesk:
    """The verbs of `store/accounts.py`."""

    def put_user(
        self,
        name: str,
        *,
        password: str | None,
        permissions: tuple[str, ...],
        create: bool = False,
        tenant: str | None = None,
    ) -> Operation[bool]:
        """Create a user or change one."""
        values = {"name": name, "password": password, "permissions": _names(permissions), "tenant": tenant}
        return Operation("put_user", lambda tx: _put_user(tx, values, create=create))

    def disable_user(self, name: str) -> Operation[bool]:
        """Let nobody sign in as this user."""
        return Operation("disable_user", lambda tx: _end_user(tx, "disable_user", name))

    def enable_user(self, name: str) -> Operation[bool]:
        """Let a disabled user sign in again."""
        return Operation("enable_user", lambda tx: tx.change("enable_user", {"name": name, "now": tx.now_us}) == 1)

    def remove_user(self, name: str) -> Operation[bool]:
        """Remove the user."""
        return Operation("remove_user", lambda tx: _end_user(tx, "remove_user", name))

    def open_session(
        self, digest: str, *, user: str, permissions: tuple[str, ...] | None, lives_us: int, tenant: str | None = None
    ) -> Operation[None]:
        """Remember a session."""
        names = None if permissions is None else _names(permissions)

        def run(tx: Transaction) -> None:
            values = {"digest": digest, "user": user, "permissions": names, "tenant": tenant, "now": tx.now_us}
            tx.change("insert_session", {**values, "expires": tx.now_us + lives_us})

        return Operation("open_session", run)

    def touch_session(self, digest: str, *, idle_us: int) -> Operation[SessionRow | None]:
        """The session of this digest, seen now."""
        return Operation("touch_session", lambda tx: _touch(tx, digest, idle_us))

    def close_session(self, digest: str) -> Operation[bool]:
        """Sign out."""
        return Operation("close_session", lambda tx: tx.change("drop_session", {"digest": digest}) == 1)

    def close_sessions(self, user: str) -> Operation[int]:
        """Sign somebody out everywhere."""
        return Operation("close_sessions", lambda tx: tx.change("drop_sessions_of", {"user": user}))

    def put_token(self, token: NewToken, *, by: str | None) -> Operation[None]:
        """Remember a token."""
        return Operation("put_token", lambda tx: _put_token(tx, token, by))

    def revoke_token(self, name: str) -> Operation[bool]:
        """Let the token open nothing any more."""
        return Operation("revoke_token", lambda tx: tx.change("revoke_token", {"name": name, "now": tx.now_us}) == 1)

    def touch_token(self, digest: str) -> Operation[bool]:
        """Note that a bearer token was used now."""
        return Operation("touch_token", lambda tx: tx.change("see_token", {"digest": digest, "now": tx.now_us}) == 1)

    def spend_link(self, digest: str) -> Operation[TokenRow | None]:
        """Use up a sign-in link."""

        def run(tx: Transaction) -> TokenRow | None:
            rows = tx.rows("spend_link", {"digest": digest, "now": tx.now_us})
            return _token(rows[0]) if rows else None

        return Operation("spend_link", run)


class AccountReader:
    """The part of the reader that shows users, sessions and tokens."""

    def user(self, name: str) -> Operation[UserRow | None]:
        """One user."""

        def run(tx: Transaction) -> UserRow | None:
            row = tx.row("user_named", {"name": name})
            return None if row is None else _user(row)

        return Operation("user", run)

    def users(self) -> Operation[tuple[UserRow, ...]]:
        """All users, by name."""
        return Operation("users", lambda tx: tuple(_user(row) for row in tx.rows("list_users")))

    def session(self, digest: str) -> Operation[SessionRow | None]:
        """The session of this digest, if it is not over."""
        return Operation("session", lambda tx: _session(tx, digest))

    def token(self, digest: str) -> Operation[TokenRow | None]:
        """The bearer token of this digest, if it still opens anything."""

        def run(tx: Transaction) -> TokenRow | None:
            row = tx.row("token_of", {"digest": digest, "now": tx.now_us})
            return None if row is None else _token(row)

        return Operation("token", run)

    def tokens(self) -> Operation[tuple[TokenRow, ...]]:
        """All tokens, by name."""
        return Operation("tokens", lambda tx: tuple(_token(row) for row in tx.rows("list_tokens")))


def end_sessions(tx: Transaction) -> None:
    """Forget the sessions that are over."""
    tx.change("drop_sessions_over", {"now": tx.now_us})


def _put_user(tx: Transaction, values: dict[str, Any], *, create: bool) -> bool:
    name, values = values["name"], {**values, "now": tx.now_us}
    if not tx.rows("user_named", {"name": name}):
        tx.change("insert_user", values)
        return True
    values.pop("tenant")
    if create:
        msg = f"there is a user {name!r} already; give another name, or change that one. Nothing was stored."
        raise UserExists(msg)
    if tx.change("change_user", values):
        tx.change("drop_sessions_of", {"user": name})
    return False


def _end_user(tx: Transaction, statement: str, name: str) -> bool:
    done = tx.change(statement, {"name": name, "now": tx.now_us}) == 1
    if done:
        tx.change("drop_sessions_of", {"user": name})
    return done


def _touch(tx: Transaction, digest: str, idle_us: int) -> SessionRow | None:
    found = _session(tx, digest)
    if found is None or found.seen_us + idle_us <= tx.now_us:
        tx.change("drop_session", {"digest": digest})
        return None
    tx.change("see_session", {"digest": digest, "now": tx.now_us})
    return msgspec.structs.replace(found, seen_us=max(found.seen_us, tx.now_us))


def _session(tx: Transaction, digest: str) -> SessionRow | None:
    row = tx.row("session_of", {"digest": digest, "now": tx.now_us})
    if row is None:
        return None
    return SessionRow(
        digest=row[0],
        user=row[1],
        permissions=_decode_names(row[2]),
        created_us=row[3],
        seen_us=row[4],
        expires_us=row[5],
        tenant=row[6],
    )


def _put_token(tx: Transaction, token: NewToken, by: str | None) -> None:
    named = {"name": token.name, "now": tx.now_us}
    tx.change("drop_dead_token", named)
    if tx.rows("token_named", named):
        msg = f"there is a token {token.name!r} already; revoke it first, or give another name. Nothing was stored."
        raise TokenExists(msg)
    values = {
        **named,
        "kind": token.kind.value,
        "digest": token.digest,
        "permissions": _names(token.permissions),
        "apps": None if token.apps is None else _names(token.apps),
        "by": by,
        "expires": token.expires_us,
        "tenant": token.tenant,
    }
    tx.change("insert_token", values)


def _names(names: Iterable[str]) -> str:
    """In one order: what is the same compares as equal."""
    return as_json(sorted(set(names)))


def _user(row: Row) -> UserRow:
    return UserRow(
        name=row[0],
        password=row[1],
        permissions=_decode_names(row[2]),
        created_us=row[3],
        changed_us=row[4],
        disabled_us=row[5],
        tenant=row[6],
    )


def _token(row: Row) -> TokenRow:
    return TokenRow(
        name=row[0],
        kind=TokenKind(row[1]),
        digest=row[2],
        permissions=_decode_names(row[3]),
        apps=None if row[4] is None else _decode_names(row[4]),
        created_us=row[5],
        created_by=row[6],
        expires_us=row[7],
        revoked_us=row[8],
        seen_us=row[9],
        tenant=row[10],
    )
