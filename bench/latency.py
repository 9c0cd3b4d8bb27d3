"""How long a job waits for an idle worker: from the call of enqueue to the job's first line."""

from __future__ import annotations

import time
from collections.abc import Sequence

from bench.application import TEXT, Bench, bench_store
from bench.figure import Aim, Figure, Rounds, Scale, percentile
from bench.process import worker_process
from headway import Worker

PAUSE_S = 0.003
"""Between two jobs, so that the worker is idle again; an uneven number of its own rhythms."""
ASKED_AFTER_S = 0.01
"""To ask at once would keep one of the cores busy that the job's way is measured on."""
RESULT_WAIT_S = 20.0
P50_SAME_MS = 2.0
P99_SAME_MS = 15.0
P50_OTHER_MS = 10.0


def measure(scale: Scale) -> Sequence[Figure]:
    """In the enqueuing process, and in another one."""
    count = scale.of(300, 50)
    found = Rounds()
    for _ in range(scale.rounds):
        with bench_store() as bench, Worker(bench.jobs):
            same = latencies(bench, count)
        with bench_store() as bench, worker_process(bench.jobs.place):
            other = latencies(bench, count)
        found.note(same50=percentile(same, 50), same99=percentile(same, 99), same_max=max(same))
        found.note(other50=percentile(other, 50), other99=percentile(other, 99), other_max=max(other))
    return (
        _figure(
            found, "same50", "same process, p50", P50_SAME_MS, f"max {found.median('same_max'):.1f} ms, {count} jobs"
        ),
        _figure(found, "same99", "same process, p99", P99_SAME_MS, ""),
        _figure(
            found,
            "other50",
            "another process, p50",
            P50_OTHER_MS,
            f"p99 {found.median('other99'):.1f} ms, max {found.median('other_max'):.1f} ms, {count} jobs",
        ),
    )


def latencies(bench: Bench, count: int) -> list[float]:
    """Milliseconds from the call of enqueue to the job's first line, one job at a time."""
    found: list[float] = []
    for number in range(count + WARM_UP):
        sent = time.monotonic_ns()
        ref = bench.moment.enqueue(TEXT)
        time.sleep(ASKED_AFTER_S)
        began = ref.result(timeout=RESULT_WAIT_S)
        if number >= WARM_UP:
            found.append((began - sent) / 1e6)
        time.sleep(PAUSE_S)
    return found


WARM_UP = 5


def _figure(found: Rounds, key: str, name: str, target: float, detail: str) -> Figure:
    return Figure(
        group="latency",
        name=name,
        aim=Aim.AT_MOST,
        target=target,
        unit="ms",
        rounds=tuple(found.values[key]),
        detail=detail,
    )
