"""What gates cost: a drain behind limits that are never reached, and claims while 100 000 jobs are held back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta

from bench.application import bench_store
from bench.claim import CLAIMED, FEW, Counter
from bench.drain import CONCURRENCY, IDLE_WAIT_S
from bench.figure import Aim, Figure, Rounds, Scale, rate
from headway import Rate, State, Worker

DRAIN_TARGET = 0.7
HELD_TARGET = 1.2
NEVER = Rate(1_000_000, per=timedelta(hours=1))


def measure(scale: Scale) -> Sequence[Figure]:
    """Drains first, then claims."""
    return (*_drains(scale), *_claims(scale))


def _drains(scale: Scale) -> Sequence[Figure]:
    count = scale.of(20_000, 3_000)
    found = Rounds()
    for _ in range(scale.rounds):
        found.note(**{name: _drain(count, name) for name in ("plain", *DRAINS)})
    return tuple(
        Figure(
            group="gates",
            name=f"drain of {count:,} jobs {words}",
            aim=Aim.AT_LEAST,
            target=DRAIN_TARGET,
            unit="of plain",
            rounds=found.ratios(name, "plain"),
            detail=f"{rate(found.median(name))}; plain {rate(found.median('plain'))}",
        )
        for name, words in DRAINS.items()
    )


DRAINS = {
    "rated": "with a rate limit that is never reached",
    "sized": "of a queue whose size is never reached",
    "limited": "whose handler has a limit that is never reached",
}


def _drain(count: int, gate: str) -> float:
    with bench_store() as bench:
        queue = bench.jobs.queue("default")
        if gate == "rated":
            queue.limit_rate(NEVER)
        elif gate == "sized":
            queue.resize(100_000)
        elif gate == "limited":
            handler = bench.nothing.handler
            bench.jobs.register(handler.target, name="nothing", max_concurrency=100_000)
        bench.fill(count)
        began = time.perf_counter()
        with Worker(bench.jobs, concurrency=CONCURRENCY) as worker:
            idle = worker.wait_idle(IDLE_WAIT_S)
            passed = time.perf_counter() - began
        done = bench.jobs.store.reader.call(bench.jobs.store.reader.counts())[State.COMPLETED]
        assert idle
        assert done == count, f"only {done} of {count} jobs were done"
    return count / passed


def _claims(scale: Scale) -> Sequence[Figure]:
    held = scale.of(100_000, 10_000)
    turns = scale.of(60, 15)
    found = Rounds()
    with ExitStack() as stack:
        stores = {name: stack.enter_context(bench_store()) for name in ("free", *HELD)}
        counters = {name: Counter(store) for name, store in stores.items()}
        for name, store in stores.items():
            queue = store.jobs.queue("held")
            if name != "free":
                call = store.nothing.using(queue="held", priority=9).call("")
                for _ in range(0, held, 1_000):
                    store.jobs.enqueue_many([call] * 1_000)
            if name == "full":
                queue.resize(1)
                counters[name].take(1)
            elif name == "paused":
                queue.pause()
        for _ in range(scale.rounds):
            costs: dict[str, list[float]] = {name: [] for name in counters}
            for _ in range(turns):
                for name, counter in counters.items():
                    counter.top_up()
                    costs[name].append(counter.claim())
            found.note(**{name: sorted(values)[len(values) // 2] for name, values in costs.items()})
    return tuple(
        Figure(
            group="gates",
            name=f"claim of {CLAIMED} while {held:,} jobs {words}",
            aim=Aim.AT_MOST,
            target=HELD_TARGET,
            unit="x without",
            rounds=found.ratios(name, "free"),
            detail=f"{found.median(name):.2f} ms; without {found.median('free'):.2f} ms; {FEW} ready",
        )
        for name, words in HELD.items()
    )


HELD = {"paused": "of a higher priority are in a paused queue", "full": "of a higher priority are in a full queue"}
