"""How fast one embedded worker empties a queue."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from bench.application import TEXT, Bench, bench_store
from bench.figure import Aim, Figure, Rounds, Scale, rate
from bench.raw import raw_store
from headway import State, Worker

CONCURRENCY = 100
IDLE_WAIT_S = 300.0
TARGET = 0.25


def measure(scale: Scale) -> Sequence[Figure]:
    """Jobs per second from the worker's start until everything is settled, against the bare claim and settle."""
    count = scale.of(20_000, 3_000)
    found = Rounds()
    for _ in range(scale.rounds):
        with raw_store() as raw:
            raw.insert(count, TEXT)
            bare = raw.drain()
        speed, cost_us = drain(count)
        found.note(raw=bare, ours=speed, cost=cost_us)
    detail = f"{rate(found.median('ours'))}; raw claim+settle {rate(found.median('raw'))}"
    detail += f"; {found.median('cost'):.0f} us of processor time a job"
    return (
        Figure(
            group="drain",
            name=f"one embedded worker, {count:,} `async def` jobs, concurrency {CONCURRENCY}",
            aim=Aim.AT_LEAST,
            target=TARGET,
            unit="of raw",
            rounds=found.ratios("ours", "raw"),
            detail=detail,
        ),
    )


def drain(
    count: int,
    fill: Callable[[Bench, int], None] = Bench.fill,
    opened: Callable[[], AbstractContextManager[Bench]] = bench_store,
) -> tuple[float, float]:
    """Fill a new store, start a worker, wait until all is done: jobs per second, and microseconds of processor time a job."""
    with opened() as bench:
        fill(bench, count)
        began, used = time.perf_counter(), time.process_time()
        worker = Worker(bench.jobs, concurrency=CONCURRENCY)
        with worker:
            idle = worker.wait_idle(IDLE_WAIT_S)
            passed, cost = time.perf_counter() - began, time.process_time() - used
        done = bench.jobs.store.reader.call(bench.jobs.store.reader.counts())[State.COMPLETED]
        assert idle
        assert done == count, f"only {done} of {count} jobs were done"
    return count / passed, cost / count * 1e6
