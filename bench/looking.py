"""Open pages of the console: how soon they show a new job, and what they cost a worker in the same process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from bench.client import line
from bench.filling import CHUNK, cheap, fill
from bench.pages import STREAM, is_stream, server
from bench.webserver import MOUNT
from headway.model.job import FINAL
from headway.store.open import open_store
from headway.store.protocol import Store

OPEN_PAGES: Final = 100
OPENED_S: Final = 30.0
"""All of them are there after so long."""
LIVE: Final = ("/", "/live", "/jobs", "/queues", "/jobs?state=running", "/jobs?state=failed", "/workers", "/recurring")
CONCURRENCY: Final = 10
WARM_UP: Final = 3


async def visible(place: Path, times: int) -> list[float]:
    """Seconds from the insert by another process until the open list of jobs has the new one."""
    found: list[float] = []
    store = open_store(str(place))
    try:
        with server(place) as (_process, port):
            async with line(port) as asked:  # its first looks also read the templates
                for _ in range(WARM_UP):
                    await asked.get(f"{MOUNT}/jobs")
            async with _open_page(port, "/jobs", "looker") as parts:
                await anext(parts)
                for number in range(times):
                    await asyncio.sleep(1 + number % 7 / 7)
                    (job,) = store.call(store.enqueue([cheap()]))
                    began = time.perf_counter()
                    wanted = f"/{job.id}"
                    async with asyncio.timeout(20):
                        while wanted not in await anext(parts):
                            pass
                    found.append(time.perf_counter() - began)
    finally:
        store.close()
    return found


@asynccontextmanager
async def _open_page(port: int, path: str, viewer: str) -> AsyncIterator[AsyncIterator[str]]:
    """The live part of a page, as it comes."""
    async with line(port, viewer) as asked:
        status, headers, _length = await asked.ask(f"{MOUNT}{path}{'&' if '?' in path else '?'}live=1", STREAM)
        assert status == 200, f"{path} is not live: {status}"
        assert headers["content-type"].startswith(STREAM), f"{path} is not live"

        async def parts() -> AsyncIterator[str]:
            async for part in asked.chunks():
                yield part.decode()

        yield parts()


async def watched(place: Path, jobs: int) -> tuple[float, float]:
    """Jobs per second that a worker runs in the server's process: with nobody looking, and with many pages open."""
    store = open_store(str(place))
    try:
        with server(place, CONCURRENCY) as (_process, port):
            await _drained(store, jobs // 4)
            alone = await _drained(store, jobs)
            async with AsyncExitStack() as stack:
                live = [path for path in LIVE if await _is_live(port, path)]
                listening, shown = [], []
                for number in range(OPEN_PAGES):
                    parts = await stack.enter_async_context(
                        _open_page(port, live[number % len(live)], f"viewer-{number % (OPEN_PAGES // 2)}")
                    )
                    shown.append(asyncio.Event())
                    listening.append(asyncio.create_task(_listen(parts, shown[-1])))
                async with asyncio.timeout(OPENED_S):  # opening them is not what is measured
                    await asyncio.gather(*(one.wait() for one in shown))
                beside = await _drained(store, jobs)
                for one in listening:
                    one.cancel()
                await asyncio.gather(*listening, return_exceptions=True)
    finally:
        store.close()
    return alone, beside


async def _is_live(port: int, path: str) -> bool:
    return await is_stream(port, f"{MOUNT}{path}{'&' if '?' in path else '?'}live=1")


async def _listen(parts: AsyncIterator[str], shown: asyncio.Event) -> None:
    async for part in parts:
        if "event: parts" in part:
            shown.set()


async def _drained(store: Store, jobs: int) -> float:
    """Enqueue so many and wait until they have run; jobs per second from the first start to the last end, by the store."""
    ids = fill(store, jobs)
    reader = store.reader
    while any(state not in FINAL for state in (await reader.acall(reader.states(ids[-CHUNK:]))).values()):  # noqa: ASYNC110 - it is another process
        await asyncio.sleep(0.2)
    rows = [await reader.acall(reader.job(at)) for at in (ids[0], *ids[-CHUNK:])]
    began = min(row.started_us or 0 for row in rows if row is not None)
    ended = max(row.finished_us or 0 for row in rows if row is not None)
    return jobs / (ended - began) * 1e6
