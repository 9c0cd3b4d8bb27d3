"""The application that is measured: jobs that do next to nothing.

`jobs` is for child processes and stand-alone workers, which find its store by HEADWAY_URL; in the benchmark's own process
each round opens a new `Bench`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.disk import folder
from headway import Jobs
from headway.store.protocol import JobFilter

PAYLOAD_BYTES = 100
PAGE = 1_000
TEXT = "x" * (PAYLOAD_BYTES - len('{"text":""}'))
"""An argument whose JSON is a payload of 100 bytes."""


class Bench:
    """A `Jobs` with the benchmark's jobs."""

    def __init__(self, place: str | Path | None = None) -> None:
        self.jobs = Jobs() if place is None else Jobs(place)
        self.nothing = self.jobs.register(nothing, name="nothing")
        self.moment = self.jobs.register(moment, name="moment")
        self.sleep = self.jobs.register(sleep, name="sleep")
        self.spin = self.jobs.register(spin, name="spin")
        self.burn = self.jobs.register(burn, name="burn")
        if place is None:
            # Children import what a module calls by a name: only `jobs` below can have process jobs.
            self.spin_alone = self.jobs.register(spin, name="spin_alone", run_in="process")

    def fill(self, count: int, chunk: int = 1_000) -> None:
        """Enqueue so many jobs that do nothing."""
        call = self.nothing.call(TEXT)
        for start in range(0, count, chunk):
            self.jobs.enqueue_many([call] * min(chunk, count - start))

    def span_s(self) -> float:
        """Seconds from the first claim to the last settle, by the moments in the store; the jobs are its first and only ones."""
        reader = self.jobs.store.reader
        first = reader.call(reader.job(1))
        last = reader.call(reader.page(JobFilter(), limit=PAGE)).rows
        assert first is not None
        assert first.started_us is not None
        return (max(row.finished_us or 0 for row in last) - first.started_us) / 1e6


async def nothing(text: str) -> None:
    """Take 100 bytes and do nothing."""


async def moment(text: str) -> int:  # noqa: ARG001 - it is there to be carried
    """The monotonic clock at the job's first line, in nanoseconds: the same clock in every process of the machine."""
    return time.monotonic_ns()


async def sleep(seconds: float) -> None:
    """Wait without using the processor."""
    await asyncio.sleep(seconds)


def spin(loops: int) -> int:
    """Use the processor, in pure Python."""
    total = 0
    for number in range(loops):
        total += number & 3
    return total


async def burn(loops: int) -> int:
    """The same, on the loop."""
    return spin(loops)


TRIAL_LOOPS = 100_000
TRIALS = 9


def calibrated(seconds: float) -> int:
    """How many loops take so long here, undisturbed."""
    best = min(_timed(TRIAL_LOOPS) for _ in range(TRIALS))
    return int(TRIAL_LOOPS * seconds / best)


def _timed(loops: int) -> float:
    began = time.perf_counter()
    spin(loops)
    return time.perf_counter() - began


@contextmanager
def bench_store() -> Iterator[Bench]:
    """A new store, removed afterwards."""
    with folder() as place:
        bench = Bench(place)
        with bench.jobs:
            yield bench


application = Bench()
jobs = application.jobs
