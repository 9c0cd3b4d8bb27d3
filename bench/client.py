"""A client over raw connections: it costs next to nothing, and counts every byte."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

LINE_MAX = 1 << 20
WAIT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    took_ms: float
    transferred: int
    """Bytes of head and body."""


class Line:
    """One connection that is kept."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, viewer: str) -> None:
        self._reader = reader
        self._writer = writer
        self._viewer = viewer

    async def get(self, path: str) -> Answer:
        """Ask, and wait for the whole answer."""
        began = time.perf_counter()
        status, headers, head = await self.ask(path)
        body = await self._body(headers)
        took_ms = (time.perf_counter() - began) * 1000
        return Answer(status=status, headers=headers, body=body, took_ms=took_ms, transferred=head + len(body))

    async def ask(self, path: str, accept: str = "*/*") -> tuple[int, dict[str, str], int]:
        """Ask, and wait for the head of the answer: status, headers and its length."""
        words = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Viewer: {self._viewer}\r\nAccept: {accept}\r\n"
        words += "Accept-Encoding: gzip\r\n\r\n"  # as every browser says
        self._writer.write(words.encode())
        head = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), WAIT_S)
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return int(first.split()[1]), headers, len(head)

    async def _body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding") == "chunked":
            parts = [part async for part in self.chunks()]
            return b"".join(parts)
        return await self._reader.readexactly(int(headers.get("content-length", "0")))

    async def chunks(self) -> AsyncIterator[bytes]:
        """A body without a length, as it comes; without an end of its own, as long as somebody listens."""
        while size := int(await self._reader.readline(), 16):
            yield await self._reader.readexactly(size)
            await self._reader.readline()
        await self._reader.readline()


@asynccontextmanager
async def line(port: int, viewer: str = "bench") -> AsyncIterator[Line]:
    """A connection, for as long as the block runs."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=LINE_MAX)
    try:
        yield Line(reader, writer, viewer)
    finally:
        writer.close()
