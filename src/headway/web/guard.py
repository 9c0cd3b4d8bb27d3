"""What no request gets past: limits, where changes may come from, and the headers of each answer."""

from __future__ import annotations

import asyncio
import re
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import Message, Receive, Send

from headway.web.problems import CrossSite, RequestInvalid

BODY_MAX: Final = 1024 * 1024
"""Bytes of a request's body."""
BODY_SECONDS: Final = 30
"""A body that is not whole after so long is not waited for."""
QUERY_MAX: Final = 8 * 1024
"""Bytes of a request's query."""
PARAMETERS_MAX: Final = 200
"""Parameters of a query."""
PATH_MAX: Final = 2 * 1024
"""Characters of a path."""
HEADERS_MAX: Final = 100
HEADER_BYTES_MAX: Final = 32 * 1024
"""Bytes of all headers together."""

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
"""On every answer. That a site is to be asked by https only (HSTS) is said by whoever serves all of it."""
NO_STORE: Final = "no-store"

SAFE: Final = frozenset({"GET", "HEAD"})
"""Methods that change nothing. All others must come from a page of this site."""
BY_SCRIPT_ONLY: Final = "x-requested-with"
"""A header that no form of another site can send, and no script of one without being asked first. So is a bearer token,
though not any other Authorization: browsers add a password that they remember by themselves."""
BEARER: Final = "bearer "
JSON: Final = "application/json"
PORTS: Final = (("http", ":80"), ("https", ":443"))
FOREIGN: Final = (
    "this change was asked for by a page of another site, so it was not made; behind a proxy, let the proxy pass on the "
    "header Host as the browser sent it"
)


USERINFO: Final = re.compile(rb"""://([^/\s"'<>@\\]{0,500}:[^/\s"'<>@\\]{1,500})@""")
"""What stands before the host in an address: a user and a password."""
SCRIPTS: Final = ("text/javascript", "application/javascript", "text/css", "image/", "font/")
"""Our own files, which go out as they are."""


def check_size(request: Request) -> None:
    """Refuse an address or headers that are too long or mean two things, and a body that says it is too long."""
    path: str = request.scope["path"]
    query: bytes = request.scope.get("query_string", b"")
    if len(query) > QUERY_MAX or query.count(b"&") >= PARAMETERS_MAX:
        raise RequestInvalid(f"the query is longer than {QUERY_MAX} bytes or {PARAMETERS_MAX} parameters", status=414)
    if len(path) > PATH_MAX:
        raise RequestInvalid(f"the path is longer than {PATH_MAX} characters", status=414)
    if any(ord(one) < ord(" ") or one == "\x7f" for one in path):
        raise RequestInvalid("the path holds control characters")
    headers: list[tuple[bytes, bytes]] = request.scope["headers"]
    if len(headers) > HEADERS_MAX or sum(len(name) + len(value) for name, value in headers) > HEADER_BYTES_MAX:
        raise RequestInvalid(f"there are more than {HEADERS_MAX} headers, or {HEADER_BYTES_MAX} bytes", status=431)
    if len(request.headers.getlist("host")) > 1:
        raise RequestInvalid("the request names more than one host")
    for length in request.headers.getlist("content-length"):
        if not (length.isascii() and length.isdecimal()):
            raise RequestInvalid("Content-Length is no number")
        if len(length) > len(str(BODY_MAX)) or int(length) > BODY_MAX:
            raise too_long()


def check_origin(request: Request, *, wants_header: bool) -> None:
    """Refuse a change that a page of another site asks for.

    Browsers say where a request came from: by `Sec-Fetch-Site`, which no script can set; older ones and sites without
    https by `Origin`. Programs say neither. The API also wants a header that a form cannot send.
    """
    sites = request.headers.getlist("sec-fetch-site")
    origins = request.headers.getlist("origin")
    if sites:
        if sites != ["same-origin"]:
            raise CrossSite(FOREIGN)
    elif any(not is_own(origin, request) for origin in origins):
        raise CrossSite(FOREIGN)
    elif not origins and not wants_header:
        raise CrossSite("the browser does not say which page asks for this change (no Sec-Fetch-Site, no Origin)")
    if wants_header and not is_json(request) and not is_by_script(request):
        raise CrossSite("a change through the API needs the header X-Requested-With (any value), or a bearer token")


def is_by_script(request: Request) -> bool:
    """Whether a request carries a header that only a program sends, or a script of our own."""
    is_bearer = request.headers.get("authorization", "").lower().startswith(BEARER)
    return is_bearer or BY_SCRIPT_ONLY in request.headers


def is_json(request: Request) -> bool:
    """Whether the body is said to be JSON, and nothing else besides."""
    types = request.headers.getlist("content-type")
    return len(types) == 1 and types[0].partition(";")[0].strip().lower() == JSON


def is_own(origin: str, request: Request) -> bool:
    """Whether an origin is the one that the request was sent to.

    Host and port must be the same. A page by http may not change what was asked for by https; the other way round the
    scheme is a proxy's affair, which takes https off.
    """
    scheme, _, there = origin.strip().lower().partition("://")
    hosts = request.headers.getlist("host")
    if scheme not in {"http", "https"} or len(hosts) != 1 or urlsplit(f"//{there}").netloc != there:
        return False
    if scheme == "http" and request.url.scheme == "https":
        return False
    port = dict(PORTS)[scheme]
    return there.removesuffix(port) == hosts[0].strip().lower().removesuffix(port)


async def body(request: Request) -> bytes:
    """The whole body, kept for whoever asks again; one that comes too slowly is refused (408)."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.body()
    except TimeoutError:
        raise RequestInvalid(f"the body was not here after {BODY_SECONDS} seconds", status=408) from None


def too_long() -> RequestInvalid:
    """What a body over the limit is answered."""
    return RequestInvalid(f"the body is longer than {BODY_MAX} bytes", status=413)


def limited(receive: Receive) -> Receive:
    """Lets no more of a body in than may be, however it comes; RequestInvalid (413) as soon as it is too long."""
    taken = 0

    async def received() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > BODY_MAX:
            raise too_long()
        return message

    return received


def without_passwords(send: Send) -> Send:
    """Blackens the user and password of every address (https://ann:hunter2@example) in what is answered, wherever it stands.

    Addresses are found in what was declared no secret: an error's text, a reply address, a log. Each letter becomes a star,
    so that the length that was announced stays right.
    """
    is_told = False

    async def sent(message: Message) -> None:
        nonlocal is_told
        if message["type"] == "http.response.start":
            is_told = not Headers(raw=message["headers"]).get("content-type", "").startswith(SCRIPTS)
        elif is_told and message.get("body") and b"@" in message["body"]:
            message = {**message, "body": USERINFO.sub(_stars, message["body"])}
        await send(message)

    return sent


def _stars(found: re.Match[bytes]) -> bytes:
    return b"://" + b"*" * len(found[1]) + b"@"


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
