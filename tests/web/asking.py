"""Requests to an ASGI application, made by hand: any header twice, any path, any peer, a body in pieces, a stream left open."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

HOST = "jobs.example"
"""The host that is asked for, unless a test says another."""
OPEN_SECONDS = 10
END_SECONDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; of a stream no more than its beginning."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of a header, of which there may be one only (Set-Cookie: all, a line each)."""
        found = [value for key, value in self.headers if key == name.lower()]
        assert len(found) <= 1 or name.lower() == "set-cookie"
        return "\n".join(found) if found else None

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def request(
    method: str,
    path: str,
    *,
    headers: Iterable[tuple[str, str]] = (),
    host: str | None = HOST,
    client: tuple[str, int] | None = ("203.0.113.9", 4711),
    scheme: str = "http",
    root_path: str = "",
    http_version: str = "1.1",
) -> dict[str, Any]:
    """The scope of a request as a server would make it."""
    before, _, query = path.partition("?")
    named = [] if host is None else [("host", host)]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": http_version,
        "method": method,
        "scheme": scheme,
        "path": root_path + before,
        "raw_path": (root_path + before).encode(),
        "root_path": root_path,
        "query_string": query.encode(),
        "headers": [(key.lower().encode("latin-1"), value.encode("latin-1")) for key, value in (*named, *headers)],
        "client": client,
        "server": ("jobs.example", 80),
        "state": {},
    }


async def asked(app: Any, scope: dict[str, Any], pieces: Iterable[bytes] = ()) -> Answer:
    """Ask, and take the answer; a stream of events is left as soon as it has begun."""
    waiting = list(pieces) or [b""]
    gone, done = asyncio.Event(), asyncio.Event()
    started: dict[str, Any] = {}
    body = bytearray()

    async def receive() -> dict[str, Any]:
        if waiting:
            piece = waiting.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(waiting)}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
            if any(
                key == b"content-type" and value.startswith(b"text/event-stream") for key, value in message["headers"]
            ):
                done.set()
            return
        body.extend(message.get("body", b""))
        if not message.get("more_body"):
            done.set()

    answering = asyncio.ensure_future(app(scope, receive, send))
    finished = asyncio.ensure_future(done.wait())
    try:
        await asyncio.wait({answering, finished}, timeout=OPEN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        gone.set()
        await asyncio.wait({answering}, timeout=END_SECONDS)  # whoever answered closes what was opened for it
        if answering.done():
            answering.result()
        assert started, "there was no answer"
    finally:
        finished.cancel()
        answering.cancel()
        await asyncio.wait({answering, finished})
    return Answer(
        status=started["status"],
        headers=[(key.decode("latin-1"), value.decode("latin-1")) for key, value in started["headers"]],
        body=bytes(body),
    )
