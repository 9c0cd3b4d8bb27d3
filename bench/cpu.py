"""How well jobs in child processes use the processors: pure Python loops in two warm children."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack

from bench.application import calibrated
from bench.disk import folder
from bench.figure import Aim, Figure, Rounds, Scale
from bench.process import output_of, python

CHILDREN = 2
JOB_S = 0.020
TARGET = 0.85
BARE = """
import sys
from bench.application import spin
count, loops = int(sys.argv[1]), int(sys.argv[2])
spin(loops)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(count):
    spin(loops)
print("done", flush=True)
"""
OURS = """
import sys, time
from bench.application import application
from headway import Worker
count, loops, children = (int(word) for word in sys.argv[1:])
call = application.spin_alone.call(loops)
with Worker(application.jobs, children=children) as worker:
    application.jobs.enqueue_many([call] * 2 * children)
    assert worker.wait_idle(60), "the children did not start"
    began = time.perf_counter()
    application.jobs.enqueue_many([call] * count)
    assert worker.wait_idle(60), "the jobs did not end"
    print(time.perf_counter() - began)
"""


def measure(scale: Scale) -> Sequence[Figure]:
    """From the enqueue until all is settled, against the same loops in two bare processes at the same time."""
    count = scale.of(200, 40)
    loops = calibrated(JOB_S)
    found = Rounds()
    for _ in range(scale.rounds):
        found.note(bare=bare(count, loops), ours=ours(count, loops))
    name = f"{count} jobs of {JOB_S * 1e3:.0f} ms of pure Python on {CHILDREN} warm child processes"
    return (
        Figure(
            group="cpu",
            name=name,
            aim=Aim.AT_LEAST,
            target=TARGET,
            unit="of the bare speed",
            rounds=found.ratios("bare", "ours"),
            detail=f"{found.median('ours'):.2f} s; two bare processes {found.median('bare'):.2f} s",
        ),
    )


def bare(count: int, loops: int) -> float:
    """Seconds that two plain processes need for the loops, started together."""
    with ExitStack() as stack:
        share = str(count // CHILDREN)
        all_ = [stack.enter_context(python("-c", BARE, share, str(loops), place="")) for _ in range(CHILDREN)]
        for process in all_:
            assert process.stdout is not None
            process.stdout.readline()
        began = time.perf_counter()
        for process in all_:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in all_:
            assert process.stdout is not None
            process.stdout.readline()
        return time.perf_counter() - began


def ours(count: int, loops: int) -> float:
    """Seconds that a worker with two warm children needs."""
    with folder() as place:
        return float(output_of("-c", OURS, str(count), str(loops), str(CHILDREN), place=place))
