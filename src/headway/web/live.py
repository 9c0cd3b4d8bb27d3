"""Live pages: an event stream, at the page's own address, of those parts of it that changed.

A page opts in: `page("/queues", "queues", live(look))`; its live parts are the elements with an id and `data-live`. Every
few seconds it is asked again who looks, so that whoever may no longer see the page sees nothing more of it.
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

from headway.web.access import Permission, Viewer
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
STREAMS_MAX: Final = 5
"""Of one session: browsers open no more than six connections to a server."""
ALL_STREAMS_MAX: Final = 1_000
WAKE_S: Final = 2.0
CHECK_S: Final = 3.0
"""With WAKE_S: who may no longer look sees nothing more after five seconds."""
BEAT_S: Final = 5.0
"""A stream is never silent for longer than this and a bit: a page that hears nothing says that it is stale."""

Look = Callable[[Visit], Awaitable[Response]]


def live(look: Look) -> Look:
    """A page that also streams what changes on it."""

    async def run(visit: Visit) -> Response:
        visit.request.scope[OPTED] = True
        if ASKED not in visit.request.query_params:
            return await look(visit)
        return _stream(_again(visit), look)

    return run


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
    sharing = visit.console.sharing
    who = _who(visit)
    if not sharing.open(None, ALL_STREAMS_MAX):
        raise RequestInvalid("too many pages are open; this one is not kept up to date", status=429)
    if not sharing.open(who, STREAMS_MAX):
        sharing.close(None)
        raise RequestInvalid(f"{STREAMS_MAX} live pages are open; this one is not kept up to date", status=429)
    return EventSourceResponse(_events(visit, look, who), ping=3600, headers={"Cache-Control": "no-store"})


def _who(visit: Visit) -> Hashable:
    """Whose streams are counted together."""
    request = visit.request
    host = request.client.host if request.client else None
    return visit.viewer.session or (visit.viewer.name, host, request.headers.get("user-agent"))


def _key(visit: Visit) -> Hashable:
    """What is the same for all who are shown the same."""
    viewer = visit.viewer
    asked = tuple(_query(visit.request))
    return (visit.request.url.path, asked, visit.app, visit.may_manage, viewer.permissions, viewer.apps)


async def _events(visit: Visit, look: Look, who: Hashable) -> AsyncIterator[ServerSentEvent]:
    console = visit.console
    key = _key(visit)

    async def make() -> dict[str, str]:
        response = await look(visit)
        return regions(bytes(response.body).decode())

    try:
        shared = console.sharing.enter(key, make, _version(visit), console.jobs.clock)
        try:
            async for event in _told(visit, shared):
                yield event
        finally:
            console.sharing.leave(key)
    finally:
        console.sharing.close(who)
        console.sharing.close(None)


async def _told(visit: Visit, shared: Shared) -> AsyncIterator[ServerSentEvent]:
    clock = visit.console.jobs.clock
    stamp = 0
    sent_s = checked_s = clock.monotonic()
    yield _event(visit, "beat")
    while True:
        changed = shared.changed
        parts = shared.since(stamp)
        if parts:
            stamp = shared.stamp
            sent_s = clock.monotonic()
            yield _event(visit, "parts", parts=parts)
        elif shared.trouble is not None:
            sent_s = clock.monotonic()
            yield _event(visit, "trouble", text=shared.trouble)
        elif clock.monotonic() - sent_s >= BEAT_S:
            sent_s = clock.monotonic()
            yield _event(visit, "beat")
        with suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), WAKE_S)
        if clock.monotonic() - checked_s >= CHECK_S:
            checked_s = clock.monotonic()
            if not _is_same(visit.viewer, await visit.console.gate.viewer(visit.request)):
                yield _event(visit, "gone")
                return


def _is_same(before: Viewer, now: Viewer | None) -> bool:
    """Whether somebody may still look, as before."""
    return (
        now is not None
        and now.may(Permission.VIEW)
        and (now.name, now.permissions, now.apps) == (before.name, before.permissions, before.apps)
    )


def _event(visit: Visit, kind: str, **said: Any) -> ServerSentEvent:
    now_ms = visit.console.now_us() // 1_000
    return ServerSentEvent(msgspec.json.encode({"now": now_ms, **said}).decode(), event=kind)


def _version(visit: Visit) -> Callable[[], Awaitable[int]]:
    reader = visit.reader

    async def version() -> int:
        if not hasattr(reader, "version"):
            return visit.console.now_us() // 1_000_000
        return await reader.acall(reader.version())

    return version
