"""A program that listens to a stream of events: what it was told so far, and waiting for what is to come."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.web.asking import request

SECONDS = 10
"""So long an event is waited for."""


@dataclass(frozen=True)
class Heard:
    """One event."""

    kind: str
    data: Any
    id: str | None


@dataclass
class Listener:
    """What came over one stream."""

    status: int = 0
    events: list[Heard] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    rest: str = ""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    reading: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def last_id(self) -> str:
        """What a browser would come again with."""
        return next(one.id for one in reversed(self.events) if one.id is not None)

    def of(self, kind: str) -> list[Any]:
        """The data of all events of a kind."""
        return [one.data for one in self.events if one.kind == kind]

    async def until(self, reached: Callable[["Listener"], bool]) -> None:
        """Wait for something to have come."""
        async with asyncio.timeout(SECONDS):
            while not reached(self):
                self.news.clear()
                await self.news.wait()

    async def end(self) -> None:
        """Wait for the end of the stream."""
        async with asyncio.timeout(SECONDS):
            await self.over.wait()

    def take(self, text: str) -> None:
        """Read what came."""
        *blocks, self.rest = (self.rest + text).split("\n\n")
        for block in blocks:
            lines = [line.partition(": ") for line in block.splitlines()]
            told = {name: value for name, _, value in lines if name}
            if "data" in told:
                self.events.append(Heard(told.get("event", "message"), json.loads(told["data"]), told.get("id")))
            elif block.startswith(":"):
                self.comments.append(block)
        self.news.set()


@asynccontextmanager
async def listening(app: Any, path: str, *, after: str | None = None, reads: bool = True) -> AsyncIterator[Listener]:
    """Listen for as long as the block runs; `reads=False`: take nothing."""
    found, gone = Listener(), asyncio.Event()
    if reads:
        found.reading.set()
    headers = [("last-event-id", after)] if after is not None else []
    sent = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if sent:
            return sent.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        await found.reading.wait()
        if message["type"] == "http.response.start":
            found.status = message["status"]
        else:
            found.take(message.get("body", b"").decode())
            if not message.get("more_body", False):
                found.over.set()
        found.news.set()

    task = asyncio.create_task(app(request("GET", path, headers=headers), receive, send))
    task.add_done_callback(lambda _: (found.over.set(), found.news.set()))
    try:
        yield found
    finally:
        gone.set()
        async with asyncio.timeout(SECONDS):
            await asyncio.wait({task})
