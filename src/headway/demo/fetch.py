"""The smallest asynchronous HTTP client that the demo can live with: one GET, one connection, one answer.

It speaks to the demo's own server. It knows no TLS, no redirects, no chunks and no compression, and
says so with an error when it meets them.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import SplitResult, urlsplit

DEFAULT_TIMEOUT = timedelta(seconds=10)
"""How long a whole exchange may take."""

MAX_HEAD_BYTES = 16 * 1024
"""An answer whose head is longer is refused."""

MAX_BODY_BYTES = 1024 * 1024
"""An answer whose body is longer is refused."""


class FetchError(Exception):
    """There was no answer, or none that can be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What the server answered."""

    status: int
    """200 if all is well."""
    headers: Mapping[str, str]
    """The head's fields, their names in lower case."""
    body: bytes
    """The body, whole."""


async def get(url: str, timeout: timedelta = DEFAULT_TIMEOUT) -> Response:
    """Fetch `url` within `timeout`. Any status is an answer; `FetchError` means there was none."""
    place = _split(url)
    try:
        async with asyncio.timeout(timeout.total_seconds()):
            return await _exchange(place)
    except TimeoutError as error:
        message = f"{url}: no answer within {timeout.total_seconds():g} s"
        raise FetchError(message) from error
    except asyncio.IncompleteReadError as error:
        message = f"{url}: the connection was closed before the answer was whole"
        raise FetchError(message) from error
    except (OSError, asyncio.LimitOverrunError, ValueError) as error:
        message = f"{url}: {error}"
        raise FetchError(message) from error


async def _exchange(place: SplitResult) -> Response:
    reader, writer = await asyncio.open_connection(place.hostname, place.port or 80, limit=MAX_HEAD_BYTES)
    try:
        writer.write(_request(place))
        await writer.drain()
        status, headers = _head(await reader.readuntil(b"\r\n\r\n"))
        return Response(status=status, headers=headers, body=await _body(reader, headers))
    finally:
        writer.close()


def _split(url: str) -> SplitResult:
    place = urlsplit(url)
    if place.scheme != "http" or not place.hostname or not url.isascii() or not url.isprintable() or " " in url:
        message = f"{url!r} is no plain http:// address"
        raise FetchError(message)
    return place


def _request(place: SplitResult) -> bytes:
    target = (place.path or "/") + (f"?{place.query}" if place.query else "")
    return f"GET {target} HTTP/1.1\r\nHost: {place.netloc}\r\nConnection: close\r\n\r\n".encode("ascii")


def _head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *fields = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    version, status, *_ = [*first.split(" ", 2), "", ""]
    if not version.startswith("HTTP/1.") or not status.isdigit():
        message = f"this is no HTTP answer: {first[:80]!r}"
        raise ValueError(message)
    pairs = (field.partition(":") for field in fields)
    return int(status), {name.strip().lower(): value.strip() for name, _, value in pairs}


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if "transfer-encoding" in headers or "content-length" not in headers:
        message = "only answers with a Content-Length are understood"
        raise ValueError(message)
    length = int(headers["content-length"])
    if not 0 <= length <= MAX_BODY_BYTES:
        message = f"a body of {length} bytes is more than {MAX_BODY_BYTES}"
        raise ValueError(message)
    return await reader.readexactly(length)
