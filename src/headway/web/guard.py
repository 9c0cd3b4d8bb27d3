"""What no request gets past: limits, where changes may come from, and the headers of each answer."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import Message, Send

from headway.web.problems import CrossSite, RequestInvalid

BODY_MAX: Final = 1024 * 1024
"""Bytes of a request's body."""
QUERY_MAX: Final = 8 * 1024
"""Bytes of a request's query."""
PATH_MAX: Final = 2 * 1024

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS: Final = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
)
NO_STORE: Final = "no-store"

BY_SCRIPT_ONLY: Final = ("authorization", "x-requested-with")
"""Headers that no form of another site can send, and no script of one without being asked first."""


def check_size(request: Request) -> None:
    """Refuse an address that is too long, and a body that says it is."""
    if len(request.scope.get("query_string", b"")) > QUERY_MAX:
        raise RequestInvalid(f"the query is longer than {QUERY_MAX} bytes", status=414)
    if len(request.scope["path"]) > PATH_MAX:
        raise RequestInvalid(f"the path is longer than {PATH_MAX} characters", status=414)
    length = request.headers.get("content-length")
    if length is not None and (not length.isdecimal() or int(length) > BODY_MAX):
        raise RequestInvalid(f"the body is longer than {BODY_MAX} bytes", status=413)


def check_origin(request: Request, *, wants_header: bool) -> None:
    """Refuse a change that a page of another site asks for.

    Browsers say where a request came from (`Sec-Fetch-Site`, older ones `Origin`); programs say neither. The API also
    wants a header that a form cannot send.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None and site not in {"same-origin", "none"}:
        raise CrossSite("this change was asked for by a page of another site, so it was not made")
    if origin is not None and not _is_own(origin, request):
        raise CrossSite("this change was asked for by a page of another site, so it was not made")
    if not wants_header:
        if site is None and origin is None:
            raise CrossSite("the browser does not say which page asks for this change (no Sec-Fetch-Site, no Origin)")
        return
    is_json = request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
    if not is_json and not any(name in request.headers for name in BY_SCRIPT_ONLY):
        raise CrossSite("a change through the API needs the header X-Requested-With (any value), or Authorization")


def _is_own(origin: str, request: Request) -> bool:
    """Whether an origin is the one that the request was sent to. The scheme is the proxy's affair: only the host is compared."""
    return origin != "null" and urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()


async def body(request: Request) -> bytes:
    """The body, however it comes; RequestInvalid (413) as soon as it is too long."""
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > BODY_MAX:
            raise RequestInvalid(f"the body is longer than {BODY_MAX} bytes", status=413)
    return bytes(found)


def with_headers(send: Send) -> Send:
    """Puts the headers on an answer, whoever made it."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS:
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", NO_STORE)
        await send(message)

    return sent
