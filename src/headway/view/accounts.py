"""Users and tokens of the built-in login, as tables for people and as records for programs. No secret is in either."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from headway.store.accounts import TokenKind, TokenRow, UserRow
from headway.view import words
from headway.view.tables import NAME_WIDTH, NONE, Column, Table

USER_COLUMNS: Final = tuple(
    Column(title=title) for title in ("name", "may", "tenant", "signs in", "created", "changed", "disabled")
)
TOKEN_COLUMNS: Final = tuple(
    Column(title=title)
    for title in ("name", "kind", "may", "tenant", "apps", "state", "created", "by", "over", "last used")
)


def users(rows: Sequence[UserRow], *, now_us: int) -> Table:
    """All users."""
    cells = (
        (
            words.cut(row.name, NAME_WIDTH),
            may(row.permissions),
            words.cut(row.tenant or NONE, NAME_WIDTH),
            "by password" if row.password is not None else "by link",
            words.age(row.created_us, now_us),
            words.age(row.changed_us, now_us),
            "" if row.disabled_us is None else words.age(row.disabled_us, now_us),
        )
        for row in rows
    )
    return Table(columns=USER_COLUMNS, rows=tuple(cells), foot=words.count(len(rows), "user"))


def tokens(rows: Sequence[TokenRow], *, now_us: int) -> Table:
    """All tokens and links."""
    cells = (
        (
            words.cut(row.name, NAME_WIDTH),
            row.kind.value,
            may(row.permissions),
            words.cut(row.tenant or NONE, NAME_WIDTH),
            "all" if row.apps is None else ", ".join(row.apps) or "none",
            state(row, now_us),
            words.age(row.created_us, now_us),
            row.created_by or NONE,
            "never" if row.expires_us is None else words.moment(row.expires_us),
            NONE if row.seen_us is None else words.age(row.seen_us, now_us),
        )
        for row in rows
    )
    return Table(columns=TOKEN_COLUMNS, rows=tuple(cells), foot=words.count(len(rows), "token"))


def user_record(row: UserRow) -> dict[str, Any]:
    """One user for programs."""
    return {
        "name": row.name,
        "permissions": list(row.permissions),
        "tenant": row.tenant,
        "has_password": row.password is not None,
        "created_at": words.utc(row.created_us),
        "changed_at": words.utc(row.changed_us),
        "disabled_at": words.utc(row.disabled_us),
    }


def token_record(row: TokenRow, *, now_us: int) -> dict[str, Any]:
    """One token for programs."""
    return {
        "name": row.name,
        "kind": row.kind.value,
        "permissions": list(row.permissions),
        "tenant": row.tenant,
        "apps": None if row.apps is None else list(row.apps),
        "state": state(row, now_us),
        "created_at": words.utc(row.created_us),
        "created_by": row.created_by,
        "expires_at": words.utc(row.expires_us),
        "revoked_at": words.utc(row.revoked_us),
        "last_used_at": words.utc(row.seen_us),
    }


def state(row: TokenRow, now_us: int) -> str:
    """Whether a token opens anything: valid, revoked, over, used."""
    if row.revoked_us is not None:
        return "revoked"
    if row.kind is TokenKind.LINK and row.seen_us is not None:
        return "used"
    return "over" if row.expires_us is not None and row.expires_us <= now_us else "valid"


def may(permissions: Iterable[str]) -> str:
    """What somebody may do, in a word: manage, view, or nothing."""
    held = {name.rpartition(".")[2] for name in permissions}
    return "manage" if "ManageJobs" in held else "view" if "ViewJobs" in held else "nothing"
