"""What a form did, said once on the page that follows it: carried by a cookie that only this console sets and reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

COOKIE: Final = "headway_said"
TEXT_MAX: Final = 400
"""Characters: a cookie may have 4096 bytes, and each character may take nine."""
LIVES_S: Final = 60
KINDS: Final = frozenset({"good", "bad", "warn", "plain"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A sentence."""

    text: str
    kind: str = "good"


def put(response: Response, notice: Notice, *, root: str, secure: bool) -> None:
    """Let the next page say it."""
    value = f"{notice.kind}.{quote(notice.text[:TEXT_MAX], safe='')}"
    response.set_cookie(
        COOKIE, value, max_age=LIVES_S, path=root or "/", httponly=True, samesite="strict", secure=secure
    )


def taken(request: Request) -> Notice | None:
    """What is to be said, if anything."""
    kind, dot, text = request.cookies.get(COOKIE, "").partition(".")
    return Notice(kind=kind, text=unquote(text)[:TEXT_MAX]) if dot and kind in KINDS else None


def drop(response: Response, *, root: str) -> None:
    """It was said."""
    response.delete_cookie(COOKIE, path=root or "/", httponly=True, samesite="strict")
