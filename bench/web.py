"""The console over a store with a million jobs: how long each page takes, and what those who look on cost.

`python -m bench.web` also shows every page by itself.
"""

from __future__ import annotations

import asyncio
import random
import re
import shutil
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from subprocess import Popen
from typing import Final
from urllib.parse import urljoin

from bench.addresses import addresses
from bench.client import Answer, line
from bench.disk import folder
from bench.figure import Aim, Figure, Rounds, Scale, percentile
from bench.million import MILLION, million_store
from bench.process import python
from bench.webserver import MOUNT
from headway.model.claim import NewJob
from headway.model.job import FINAL
from headway.store.open import open_store
from headway.store.protocol import Store

ALONE_MS: Final = 100.0
CROWD_MS: Final = 300.0
SEEN_S: Final = 1.0
COST_PERCENT: Final = 10.0
TRANSFER_KB: Final = 250.0
QUICK: Final = 20_000
VIEWERS: Final = 20
THINK_S: Final = 1.0
"""Between the answer to one page and the next click, on average."""
CROWD_S: Final = 20.0
OPEN_PAGES: Final = 100
LIVE: Final = (
    "/",
    "/live",
    "/jobs",
    "/queues",
    "/jobs?q=state%3Arunning",
    "/jobs?q=state%3Afailed",
    "/workers",
    "/recurring",
)
CONCURRENCY: Final = 10
DRAINED: Final = 10_000
CHUNK: Final = 1_000
WATCHED: Final = 60_000
"""Jobs of a drain that is looked at: some seconds."""
WARM_UP: Final = 3
SEE_OTHER: Final = 303
STREAM: Final = "text/event-stream"
ASSET: Final = re.compile(r'(?:src|href)="([^"]+\.(?:css|js|svg|woff2|png)(?:\?[^"]*)?)"')
NUMBERS: Final = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """One address, asked several times."""

    words: str
    path: str
    status: int
    took_ms: tuple[float, ...]
    server_ms: float
    """Processor time of the server for one answer."""
    kb: float
    """What a first look transfers, with all that the page wants besides."""

    @property
    def p95_ms(self) -> float:
        """Of all answers."""
        return percentile(self.took_ms, 95)


def measure(scale: Scale) -> Sequence[Figure]:
    """All figures."""
    with million_store(scale.of(MILLION, QUICK)) as original, folder() as copy:
        place = copy / "store"
        copied(original, place)
        every = asyncio.run(each(place, scale.of(20, 5)))
        crowd = [asyncio.run(crowded(place, scale.of(CROWD_S, 5))) for _ in range(min(2, scale.rounds))]  # type: ignore[arg-type]
        seen = asyncio.run(visible(place, scale.of(20, 5)))
        cost = [asyncio.run(watched(place, scale.of(WATCHED, 5_000))) for _ in range(min(3, scale.rounds))]
    return (_alone(every), _transfer(every), _crowd(crowd), _seen(seen), _cost(cost))


def copied(original: Path, place: Path) -> None:
    """Jobs run in the copy, which a copy does only when it is told."""
    shutil.copytree(original, place)
    store = open_store(str(place))
    store.call(store.resume_claims())
    store.close()


def _alone(every: Sequence[Timed]) -> Figure:
    slowest = sorted(every, key=lambda one: -one.p95_ms)
    worst = ", ".join(f"{one.words} {one.p95_ms:.0f} ms" for one in slowest[:3])
    return Figure(
        group="web",
        name=f"the slowest of {len(every)} pages and lists over a million jobs, one request at a time, p95",
        aim=Aim.AT_MOST,
        target=ALONE_MS,
        unit="ms",
        rounds=(slowest[0].p95_ms,),
        detail=f"{worst}; the middle one {percentile([one.p95_ms for one in every], 50):.0f} ms",
    )


def _transfer(every: Sequence[Timed]) -> Figure:
    largest = max(every, key=lambda one: one.kb)
    return Figure(
        group="web",
        name="the most that a page transfers at first load, with style and scripts",
        aim=Aim.AT_MOST,
        target=TRANSFER_KB,
        unit="kB",
        rounds=(largest.kb,),
        detail=largest.words,
    )


def _crowd(rounds: Sequence[Sequence[float]]) -> Figure:
    return Figure(
        group="web",
        name=f"{VIEWERS} viewers, one page a second each, while a worker drains: p95",
        aim=Aim.AT_MOST,
        target=CROWD_MS,
        unit="ms",
        rounds=tuple(percentile(one, 95) for one in rounds),
        detail=f"p50 {percentile(rounds[0], 50):.0f} ms, {len(rounds[0])} pages a round",
    )


def _seen(found: Sequence[float]) -> Figure:
    return Figure(
        group="web",
        name="a new job of another process until an open page shows it, p95",
        aim=Aim.AT_MOST,
        target=SEEN_S,
        unit="s",
        rounds=(percentile(found, 95),),
        detail=f"p50 {percentile(found, 50):.2f} s, longest {max(found):.2f} s, {len(found)} jobs",
    )


def _cost(rounds: Sequence[tuple[float, float]]) -> Figure:
    found = Rounds()
    for alone, beside in rounds:
        found.note(alone=alone, beside=beside)
    return Figure(
        group="web",
        name=f"{OPEN_PAGES} open live pages: throughput that a worker in the same process loses",
        aim=Aim.AT_MOST,
        target=COST_PERCENT,
        unit="%",
        rounds=tuple(100 * (1 - ratio) for ratio in found.ratios("beside", "alone")),
        detail=f"{found.median('alone'):,.0f} jobs/s with nobody, {found.median('beside'):,.0f} jobs/s with them",
    )


@contextmanager
def server(place: Path, concurrency: int | None = None) -> Iterator[tuple[Popen[str], int]]:
    """A server process and its port."""
    words = ("-m", "bench.webserver", *([] if concurrency is None else [str(concurrency)]))
    with python(*words, place=place) as process:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())


def processor_s(process: Popen[str]) -> float:
    """What the server says that it has used."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("?\n")
    process.stdin.flush()
    return float(process.stdout.readline())


async def each(place: Path, times: int) -> list[Timed]:
    """Every page and list by itself, one request at a time."""
    found: list[Timed] = []
    with server(place) as (process, port):
        for words, path in addresses(place):
            if not await is_stream(port, path):
                found.append(await _timed(process, port, words, path, times))
    bad = [f"{one.words}: {one.status}" for one in found if one.status != 200]
    assert not bad, f"these were not shown: {', '.join(bad)}"
    return found


async def _timed(process: Popen[str], port: int, words: str, path: str, times: int) -> Timed:
    async with line(port) as asked:
        first = await asked.get(path)
        if first.status == SEE_OTHER:  # the search box leads to an address that says the same in its own words
            path = urljoin(path, first.headers["location"])
            first = await asked.get(path)
        before = processor_s(process)
        answers = [await asked.get(path) for _ in range(times)]
        used_ms = (processor_s(process) - before) * 1000 / times
        assets = sum([(await asked.get(asset)).transferred for asset in sorted(_assets(first, path))])
    return Timed(
        words=words,
        path=path,
        status=first.status,
        took_ms=tuple(one.took_ms for one in answers),
        server_ms=used_ms,
        kb=(first.transferred + assets) / 1000,
    )


def _assets(page: Answer, path: str) -> set[str]:
    """Where style, scripts and pictures of a page are."""
    if not page.headers.get("content-type", "").startswith("text/html"):
        return set()
    return {urljoin(path, link) for link in ASSET.findall(page.body.decode())}


async def is_stream(port: int, path: str) -> bool:
    """Whether the answer goes on."""
    async with line(port, "streams") as asked:
        _status, headers, _length = await asked.ask(path)
        return headers.get("content-type", "").startswith(STREAM)


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
                    (job,) = store.call(store.enqueue([_job()]))
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
                listening = []
                for number in range(OPEN_PAGES):
                    parts = await stack.enter_async_context(
                        _open_page(port, live[number % len(live)], f"viewer-{number % (OPEN_PAGES // 2)}")
                    )
                    listening.append(asyncio.create_task(_listen(parts)))
                beside = await _drained(store, jobs)
                for one in listening:
                    one.cancel()
                await asyncio.gather(*listening, return_exceptions=True)
    finally:
        store.close()
    return alone, beside


async def _is_live(port: int, path: str) -> bool:
    return await is_stream(port, f"{MOUNT}{path}{'&' if '?' in path else '?'}live=1")


async def _listen(parts: AsyncIterator[str]) -> None:
    async for _ in parts:
        pass


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


def fill(store: Store, jobs: int) -> list[int]:
    """Enqueue so many."""
    found: list[int] = []
    for start in range(0, jobs, CHUNK):
        found += [one.id for one in store.call(store.enqueue([_job() for _ in range(min(CHUNK, jobs - start))]))]
    return found


def _job() -> NewJob:
    return NewJob(
        ref_id=f"bench-{time.time_ns()}-{next(NUMBERS)}", name="update_search", payload='{"text":"x"}', priority=90
    )


if __name__ == "__main__":
    with million_store(int(sys.argv[1]) if sys.argv[1:] else MILLION) as at:
        for one in sorted(asyncio.run(each(at, 9)), key=lambda one: -one.p95_ms):
            print(f"{one.p95_ms:8.1f} ms p95 {one.server_ms:8.1f} ms processor {one.kb:8.1f} kB  {one.words}")
