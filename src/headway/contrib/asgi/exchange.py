"""One request to an application in this process, and its answer."""

from __future__ import annotations

import asyncio

from headway.contrib.asgi.answer import Reply
from headway.contrib.asgi.protocol import App, Message


async def exchange(app: App, scope: Message, body: bytes, reply: Reply) -> None:
    """Ask, and wait until the application has ended. What it raises is raised here, also where it has answered with a 500 before.

    Cancelled, it tells the application that its client has gone, cancels it, and waits for its end.
    """
    gone = asyncio.Event()
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if waiting:
            return waiting.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        reply.take(message)
        if reply.is_whole:
            gone.set()

    async def ask() -> None:
        try:
            await app(scope, receive, send)
        except SystemExit as error:  # out of an asyncio task it would end the loop for everybody
            raise RuntimeError(f"the application raised {error!r}") from error

    asking = asyncio.ensure_future(ask())
    try:
        await asyncio.wait({asking})
    finally:
        gone.set()
        if not asking.done():
            asking.cancel()
            await asyncio.wait({asking})
            if not asking.cancelled():
                asking.exception()  # looked at, or asyncio would log it as lost
    asking.result()
