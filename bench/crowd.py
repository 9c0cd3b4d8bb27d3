"""Many who look around in the console while a worker drains."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.addresses import addresses
from bench.client import line
from bench.filling import CHUNK, fill
from bench.pages import is_stream, server
from bench.process import python
from headway.store.open import open_store
from headway.store.protocol import Store

VIEWERS: Final = 20
THINK_S: Final = 1.0
"""Between the answer to one page and the next click, on average."""
DRAINED: Final = 10_000


async def crowded(place: Path, seconds: float) -> list[float]:
    """Milliseconds of each answer while many look around and a worker in another process drains."""
    pages = [path for _, path in addresses(place)]
    took: list[float] = []
    store = open_store(str(place))
    fill(store, DRAINED)
    try:
        with server(place) as (_process, port), python("-c", WORKER, place=place) as worker:
            assert worker.stdout is not None
            assert worker.stdout.readline().strip() == "ready"
            calm = [path for path in pages if not await is_stream(port, path)]
            end = time.perf_counter() + seconds
            feeding = asyncio.create_task(asyncio.to_thread(_feed, store, end))
            await asyncio.gather(*(_look_around(port, calm, number, end, took) for number in range(VIEWERS)))
            await feeding
    finally:
        store.close()
    return took


WORKER: Final = """
import sys
from bench.shop import jobs
from headway import Worker
with Worker(jobs, concurrency=10, archive_after=None):
    print("ready", flush=True)
    sys.stdin.read()
"""


def _feed(store: Store, end: float) -> None:
    """Never let the worker run out of jobs."""
    reader = store.reader
    while time.perf_counter() < end:
        if sum(one.queued for one in reader.call(reader.queues(app="default")) if not one.is_paused) < DRAINED:
            fill(store, CHUNK)
        time.sleep(0.1)


async def _look_around(port: int, pages: Sequence[str], number: int, end: float, took: list[float]) -> None:
    draw = random.Random(number)
    async with line(port, f"viewer-{number}") as asked:
        while time.perf_counter() < end:
            await asyncio.sleep(2 * THINK_S * draw.random())
            took.append((await asked.get(draw.choice(pages))).took_ms)
