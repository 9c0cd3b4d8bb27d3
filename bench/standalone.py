"""The stand-alone worker: a supervisor that keeps the jobs, and host processes that run them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from subprocess import Popen

from bench.application import Bench, bench_store, calibrated
from bench.figure import Aim, Figure, Rounds, Scale, rate
from bench.process import processor_s, supervisor_process, worker_process
from headway import State
from headway.store.protocol import JobFilter

CONCURRENCY = 100
LOOK_S = 0.05
DRAIN_WAIT_S = 300.0
COST_S = 0.0001
PAGE = 1_000
TARGET_FORM = 0.9
TARGET_HOSTS = 1.2

Start = Callable[[str], AbstractContextManager["Popen[str]"]]


def measure(scale: Scale) -> Sequence[Figure]:
    """One host against the embedded form in a process of its own; two hosts against one."""
    return (*_forms(scale), _hosts(scale))


def _forms(scale: Scale) -> tuple[Figure, ...]:
    count = scale.of(20_000, 3_000)
    found = Rounds()
    for _ in range(scale.rounds):
        embedded, _cost = drained(Bench.fill, count, lambda place: worker_process(place, CONCURRENCY))
        alone, cost = drained(Bench.fill, count, lambda place: supervisor_process(place, 1, CONCURRENCY))
        found.note(embedded=embedded, alone=alone, cost=cost)
    name = f"supervisor and one host, {count:,} `async def` jobs"
    detail = f"{rate(found.median('alone'))}, embedded {rate(found.median('embedded'))}"
    cost_us = found.median("cost")
    return (
        Figure(
            group="standalone",
            name=name,
            aim=Aim.AT_LEAST,
            target=TARGET_FORM,
            unit="of embedded",
            rounds=found.ratios("alone", "embedded"),
            detail=f"{detail}; the supervisor itself takes {cost_us:.0f} us of processor time a job",
        ),
    )


def _hosts(scale: Scale) -> Figure:
    count = scale.of(20_000, 3_000)
    loops = calibrated(COST_S)
    found = Rounds()

    def fill(bench: Bench, count: int) -> None:
        call = bench.burn.call(loops)
        for start in range(0, count, PAGE):
            bench.jobs.enqueue_many([call] * min(PAGE, count - start))

    for _ in range(scale.rounds):
        one, _cost = drained(fill, count, lambda place: supervisor_process(place, 1, CONCURRENCY))
        two, _cost = drained(fill, count, lambda place: supervisor_process(place, 2, CONCURRENCY))
        found.note(one=one, two=two)
    return Figure(
        group="standalone",
        name=f"two hosts, {count:,} jobs of {COST_S * 1e6:.0f} us each",
        aim=Aim.AT_LEAST,
        target=TARGET_HOSTS,
        unit="of one host",
        rounds=found.ratios("two", "one"),
        detail=f"{rate(found.median('two'))}, one host {rate(found.median('one'))}",
    )


def drained(fill: Callable[[Bench, int], None], count: int, start: Start) -> tuple[float, float]:
    """Jobs per second between the first body and the last settle by the store's own moments, and the main process's cost a job."""
    with bench_store() as bench:
        fill(bench, count)
        with start(bench.jobs.place) as process:
            before = processor_s(process.pid)
            _wait(bench, count)
            cost_us = (processor_s(process.pid) - before) / count * 1e6
        return count / bench.span_s(), cost_us


def _wait(bench: Bench, count: int) -> None:
    """Look at the job that is claimed last: to count all of them again and again would cost the measured ones a core's tenth."""
    reader = bench.jobs.store.reader
    (newest,) = reader.call(reader.ids(JobFilter(), limit=1))
    end = time.monotonic() + DRAIN_WAIT_S
    while True:
        row = reader.call(reader.job(newest))
        if row is not None and row.state.is_final and reader.call(reader.counts())[State.COMPLETED] >= count:
            return
        assert time.monotonic() < end, "the queue was not drained"
        time.sleep(LOOK_S)
