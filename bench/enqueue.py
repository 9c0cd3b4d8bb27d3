"""How fast jobs are stored: by many callers at once, and by one after the other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from bench.application import TEXT, Bench, bench_store
from bench.figure import Aim, Figure, Rounds, Scale, rate
from bench.raw import raw_store

CALLERS = 100
TARGET_MANY = 0.15
TARGET_ONE = 2.0


def measure(scale: Scale) -> Sequence[Figure]:
    """Both, each against the bare insert in the same round."""
    return _many(scale), _one(scale)


def _many(scale: Scale) -> Figure:
    each = scale.of(200, 30)
    found = Rounds()
    for _ in range(scale.rounds):
        with raw_store() as raw:
            bare = raw.insert(CALLERS * each, TEXT)
        with bench_store() as bench:
            found.note(raw=bare, ours=asyncio.run(together(bench, CALLERS, each)))
    return Figure(
        group="enqueue",
        name=f"{CALLERS} concurrent async callers, {each} jobs each",
        aim=Aim.AT_LEAST,
        target=TARGET_MANY,
        unit="of raw",
        rounds=found.ratios("ours", "raw"),
        detail=f"{rate(found.median('ours'))}; raw insert {rate(found.median('raw'))}",
    )


def _one(scale: Scale) -> Figure:
    count = scale.of(2_000, 300)
    found = Rounds()
    for _ in range(scale.rounds):
        with raw_store() as raw, bench_store() as bench, ThreadPoolExecutor(1) as thread:
            bare = raw.insert_each(count, TEXT) * 1e6
            ours = thread.submit(one_by_one, bench, count).result() * 1e6
            found.note(raw=bare, ours=ours, main=one_by_one(bench, count) * 1e6)
    return Figure(
        group="enqueue",
        name=f"one sync caller on a server's thread, {count:,} jobs one after the other",
        aim=Aim.AT_MOST,
        target=TARGET_ONE,
        unit="x direct",
        rounds=found.ratios("ours", "raw"),
        detail=f"{found.median('ours'):.0f} us a call; direct INSERT and COMMIT {found.median('raw'):.0f} us; "
        f"on the main thread, which hands over to the store's own, {found.median('main'):.0f} us",
    )


async def together(bench: Bench, callers: int, each: int) -> float:
    """So many callers, each awaiting one enqueue after the other: jobs per second."""
    await bench.nothing.aenqueue(TEXT)  # the store is open and warm

    async def caller() -> None:
        for _ in range(each):
            await bench.nothing.aenqueue(TEXT)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(callers):
            group.create_task(caller())
    return callers * each / (time.perf_counter() - began)


def one_by_one(bench: Bench, count: int) -> float:
    """One enqueue after the other: seconds per call."""
    bench.nothing.enqueue(TEXT)
    began = time.perf_counter()
    for _ in range(count):
        bench.nothing.enqueue(TEXT)
    return (time.perf_counter() - began) / count
