"""Streams that stay open: cut as soon as whoever looks on may not any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

ASKED_AGAIN_SECONDS: Final = 4
"""So often the doorkeeper is asked again while a stream is open: a revoked token or session shows nothing new after 5 s."""
LAST_WORD_SECONDS: Final = 1
"""So long the end of an answer may take to be sent."""
EVENT_STREAM: Final = "text/event-stream"


def is_stream(response: Response) -> bool:
    """Whether an answer goes on for as long as somebody looks on."""
    return (response.media_type or "").startswith(EVENT_STREAM)


class Watched(Response):
    """An open stream that ends when its viewer is no longer let in."""

    def __init__(
        self, stream: Response, still: Callable[[], Awaitable[bool]], *, every_s: float = ASKED_AGAIN_SECONDS
    ) -> None:
        """`still` says whether the viewer is let in, and is asked every `every_s` seconds."""
        self.status_code = stream.status_code
        self.media_type = stream.media_type
        self.background = None
        self.raw_headers = stream.raw_headers
        self._stream = stream
        self._still = still
        self._every_s = every_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer until the stream ends, or must."""
        is_over = False

        async def sent(message: Message) -> None:
            nonlocal is_over
            is_over = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        streaming = asyncio.ensure_future(self._stream(scope, receive, sent))
        try:
            while not (await asyncio.wait({streaming}, timeout=self._every_s))[0]:
                if not await self._still():
                    break
        finally:
            was_cut = streaming.cancel()
            await asyncio.wait({streaming})
        if not was_cut:
            streaming.result()
        if is_over:
            return
        with suppress(TimeoutError):  # whoever does not read will not hear the end either, and is dropped by the server
            async with asyncio.timeout(LAST_WORD_SECONDS):
                await send({"type": "http.response.body", "body": b"", "more_body": False})
