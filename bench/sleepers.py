"""How close a worker keeps to its concurrency: jobs that only sleep."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from bench.application import bench_store
from bench.figure import Aim, Figure, Rounds, Scale
from headway import Worker

CONCURRENCY = 100
SLEEP_S = 0.010
IDLE_WAIT_S = 60.0
TARGET = 1.3


def measure(scale: Scale) -> Sequence[Figure]:
    """From the first claim to the last settle, against jobs times sleep by concurrency."""
    count = scale.of(2_000, 500)
    ideal = count * SLEEP_S / CONCURRENCY
    found = Rounds()
    for _ in range(scale.rounds):
        found.note(ideal=ideal, bare=asyncio.run(bare(count)), ours=sleepers(count))
    return (
        Figure(
            group="sleepers",
            name=f"{count:,} async jobs sleeping {SLEEP_S * 1e3:.0f} ms, concurrency {CONCURRENCY}",
            aim=Aim.AT_MOST,
            target=TARGET,
            unit="x ideal",
            rounds=found.ratios("ours", "ideal"),
            detail=f"{found.median('ours') * 1e3:.0f} ms; ideal {ideal * 1e3:.0f} ms, {CONCURRENCY} bare coroutines {found.median('bare') * 1e3:.0f} ms",
        ),
    )


async def bare(count: int) -> float:
    """Seconds that bare coroutines of the standard library need: the loop's own timers are no better than a millisecond."""

    async def consumer() -> None:
        for _ in range(count // CONCURRENCY):
            await asyncio.sleep(SLEEP_S)

    began = time.perf_counter()
    await asyncio.gather(*(consumer() for _ in range(CONCURRENCY)))
    return time.perf_counter() - began


def sleepers(count: int) -> float:
    """Seconds to sleep them all off."""
    with bench_store() as bench:
        bench.jobs.enqueue_many(bench.sleep.call(SLEEP_S) for _ in range(count))
        with (worker := Worker(bench.jobs, concurrency=CONCURRENCY)):
            assert worker.wait_idle(IDLE_WAIT_S), "the sleepers did not end"
        return bench.span_s()
