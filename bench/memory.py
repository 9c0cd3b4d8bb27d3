"""What memory the processes of a worker take, and whether it grows."""

from __future__ import annotations

import time
from collections.abc import Sequence

from bench.application import TEXT, bench_store
from bench.disk import folder
from bench.figure import Aim, Figure, Scale
from bench.process import children_of, output_of, resident_mb, supervisor_process

HOSTS = 2
CONCURRENCY = 10
IDLE_S = 3.0
RESULT_WAIT_S = 30.0
TARGET_MB = 40.0
GROWTH_MB = 10.0
STEP = 20_000
EMBEDDED = """
import os, sys
from bench.application import application
from bench.process import resident_mb
from headway import Worker
count, step = int(sys.argv[1]), int(sys.argv[2])
with Worker(application.jobs, concurrency=100) as worker:
    for _ in range(0, count, step):
        application.fill(step)
        assert worker.wait_idle(120)
        print(resident_mb(os.getpid()), flush=True)
"""


def measure(scale: Scale) -> Sequence[Figure]:
    """The idle processes of a stand-alone worker; then the growth of an embedded one."""
    return *_idle(scale), _growth(scale)


def _idle(scale: Scale) -> tuple[Figure, Figure]:
    supervisors: list[float] = []
    hosts: list[float] = []
    for _ in range(scale.rounds):
        with bench_store() as bench, supervisor_process(bench.jobs.place, HOSTS, CONCURRENCY) as process:
            bench.moment.enqueue(TEXT).result(timeout=RESULT_WAIT_S)
            time.sleep(IDLE_S)
            supervisors.append(resident_mb(process.pid))
            hosts.append(max(resident_mb(child) for child in children_of(process.pid)))
    return (
        _figure("idle supervisor", TARGET_MB, supervisors, ""),
        _figure("largest of two idle hosts", TARGET_MB, hosts, "with an application that imports nothing but headway"),
    )


def _growth(scale: Scale) -> Figure:
    count, step = scale.of(200_000, 2 * STEP), STEP
    with folder() as place:
        sizes = [float(line) for line in output_of("-c", EMBEDDED, str(count), str(step), place=place).split()]
    name = f"growth of an embedded worker over {count:,} jobs, after the first {step:,}"
    return _figure(name, GROWTH_MB, [sizes[-1] - sizes[0]], f"{sizes[0]:.1f} MB after the first {step:,}")


def _figure(name: str, target: float, sizes: Sequence[float], detail: str) -> Figure:
    return Figure(
        group="memory", name=name, aim=Aim.AT_MOST, target=target, unit="MB", rounds=tuple(sizes), detail=detail
    )
