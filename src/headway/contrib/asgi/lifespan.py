"""The lifespan of an application on an event loop of headway's own, where no server runs it."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias

from headway.contrib.asgi.protocol import App, Message
from headway.model.errors import HeadwayError

Own: TypeAlias = Callable[[Any], AbstractAsyncContextManager[Any]]

log = logging.getLogger("headway.contrib")


class Lifespan:
    """Started by the first request on its loop; ended, in order, when that loop is wound up."""

    def __init__(self, app: App, own: Own | None) -> None:
        self._app = app
        self._own = own
        self._loop = asyncio.get_running_loop()
        self._started: asyncio.Future[Message] = self._loop.create_future()
        self._task: asyncio.Task[None] | None = None
        # In an empty context: it is no part of the job that came first, and must not end with it.
        self._loop.call_soon(self._begin, context=contextvars.Context())

    @property
    def failed(self) -> bool:
        """It did not start: the next request tries again with another."""
        return self._started.done() and self._started.exception() is not None

    async def state(self) -> Message:
        """What the application gave to its requests, once it has started; HeadwayError if it did not."""
        try:
            return await asyncio.shield(self._started)
        except Exception as error:
            raise HeadwayError(f"the lifespan of the application failed: {error}") from error

    def _begin(self) -> None:
        self._task = self._loop.create_task(self._live())

    async def _live(self) -> None:
        try:
            await (self._speak() if self._own is None else self._hold(self._own))
        except Exception as error:
            if not self._started.done():
                self._started.set_exception(error)
            else:
                log.exception("the lifespan of an application whose endpoints run as jobs failed at its end")

    async def _hold(self, own: Own) -> None:
        async with own(self._app) as state:
            self._started.set_result(dict(state or {}))
            await _ended()

    async def _speak(self) -> None:
        """The ASGI protocol. An application that knows none ends at once, whatever it says, and is as it is."""
        state: Message = {}
        asked = False

        async def receive() -> Message:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "lifespan.startup"}
            await _ended()
            return {"type": "lifespan.shutdown"}

        async def send(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._started.set_result(state)
            elif message["type"] == "lifespan.startup.failed":
                self._started.set_exception(RuntimeError(message.get("message") or "it did not say why"))

        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": state}
        try:
            await self._app(scope, receive, send)
        except Exception:
            if self._started.done():
                if not self.failed:
                    raise
                log.exception("the lifespan of an application whose endpoints run as jobs failed")
        if not self._started.done():
            self._started.set_result(state)


async def _ended() -> None:
    """Until the loop is wound up, which cancels whatever is on it: here that is the sign to close in order."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None:
            task.uncancel()
