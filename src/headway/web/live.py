"""Live pages: an event stream, at the page's own address, of those parts of it that changed.

A page opts in: `page("/queues", "queues", live(look))`; its live parts are the elements with an id and `data-live`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from headway.web.metering import Reading
from headway.web.problems import RequestInvalid
from headway.web.regions import regions
from headway.web.sharing import Shared
from headway.web.visit import Visit

ASKED: Final = "live"
"""The word in the query that asks for the stream instead of the page."""
OPTED: Final = "headway.live_page"
"""In a request's scope: the page is live."""
AGAIN: Final = "headway.live"
"""In a request's scope: the page is made again for who looks at it already."""
OK: Final = 200
BEAT_S: Final = 4.0
"""A stream is never silent for longer than this and a bit: a page that hears nothing says that it is stale."""
PING_S: Final = 3_600
"""The comments of the event stream are not needed beside that."""

Look = Callable[[Visit], Awaitable[Response]]


def live(look: Look) -> Look:
    """A page that also streams what changes on it."""

    async def run(visit: Visit) -> Response:
        visit.request.scope[OPTED] = True
        if ASKED not in visit.request.query_params:
            return await look(visit)
        return _stream(_again(visit), look)

    return run


def not_now(visit: Visit) -> None:
    """As it is asked for, this page stays as it is: it would cost too much, or move what somebody reads."""
    visit.request.scope.pop(OPTED, None)


def address(request: Request) -> str:
    """Where the stream of a page is, as seen from the page."""
    return "?" + urlencode([*_query(request), (ASKED, "1")])


def _query(request: Request) -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.query_params.multi_items() if name != ASKED]


def _again(visit: Visit) -> Visit:
    """The same visit, as if it had asked for the page."""
    scope = {**visit.request.scope, "query_string": urlencode(_query(visit.request)).encode(), AGAIN: True}
    return replace(visit, request=Request(scope))


def _stream(visit: Visit, look: Look) -> Response:
    visit.console.streams.check(visit.viewer, _host(visit))  # the place is taken when the stream begins
    return EventSourceResponse(_events(visit, look), ping=PING_S, headers={"Cache-Control": "no-store"})


def _host(visit: Visit) -> str:
    client = visit.request.client
    return client.host if client else ""


def _key(visit: Visit) -> Hashable:
    """What is the same for all who are shown the same."""
    viewer = visit.viewer
    asked = tuple(_query(visit.request))
    return (visit.request.url.path, asked, visit.app, visit.may_manage, viewer.permissions, viewer.apps, viewer.tenant)


class _Page:
    """A page as one visitor asked for it."""

    def __init__(self, visit: Visit, look: Look) -> None:
        self._visit = visit
        self._look = look
        self.reading = Reading()

    async def make(self) -> dict[str, str]:
        """Its live parts."""
        self.reading = Reading()
        response = await self._look(replace(self._visit, reading=self.reading))
        if response.status_code != OK:
            raise RequestInvalid("this address leads to another one: follow that")
        return regions(bytes(response.body).decode())


async def _events(visit: Visit, look: Look) -> AsyncIterator[bytes]:
    console = visit.console

    page = _Page(visit, look)
    with console.streams.place(visit.viewer, _host(visit)):
        async with console.watch.following(console.jobs) as post:
            with console.sharing.looking(_key(visit), page, post, console.jobs.clock) as shared:
                async for event in _told(visit, shared):
                    yield event


async def _told(visit: Visit, shared: Shared) -> AsyncIterator[bytes]:
    """What changed, as soon as it did; and when nothing does, that the stream is alive."""
    stamp = 0
    while True:
        changed = shared.changed
        parts = shared.told_since(stamp, lambda parts: _event(visit, "parts", parts=parts))
        stamp = shared.stamp
        if parts is not None:
            yield parts
        elif shared.trouble is not None:
            yield _event(visit, "trouble", text=shared.trouble)
        else:
            yield _event(visit, "beat", behind=int(shared.behind_s))
        with suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), BEAT_S)


def _event(visit: Visit, kind: str, **said: Any) -> bytes:
    now_ms = visit.console.now_us() // 1_000
    return ServerSentEvent(msgspec.json.encode({"now": now_ms, **said}).decode(), event=kind).encode()
