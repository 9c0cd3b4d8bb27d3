"""Kill whole worker trees with kill -9 at random moments under load, then look whether anything was lost or done twice.

    python -m faults.crash --kills 200

Two workers on one store, each a supervisor with a host and children; jobs are enqueued all the while, and each answer
is written down when it came. Whoever is killed is started again. At the end: every acknowledged job completed, none
ran again after it had completed, the jobs that ran more than once are no more than those in flight at the kills, and
the audit finds nothing.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from faults.record import perform
from faults.tree import kill_tree
from headway.model.claim import NewJob
from headway.model.clock import SystemClock
from headway.model.ids import new_ref_id
from headway.model.job import State
from headway.model.outcome import EndKind
from headway.store.open import open_store
from headway.store.protocol import JobDetail, Store

ROOT: Final = Path(__file__).resolve().parent.parent
DRAIN_WAIT_S: Final = 120.0
NOTICE_S: Final = 0.5
"""A death is judged by how soon it was noticed only if the other worker lived on for so long."""
KINDS: Final = ("short", "short", "short", "plain", "apart", "flaky")


@dataclass(slots=True)
class Verdict:
    """What a run found."""

    kills: int
    acknowledged: int = 0
    completed: int = 0
    in_flight: int = 0
    """Attempts that died with their worker."""
    ran_again: int = 0
    """Starts beyond the first that followed such a death."""
    noticed_ms: list[float] = field(default_factory=list)
    """From each kill until the jobs of that worker were claimable again."""
    wrong: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """For people."""
        noticed = sorted(self.noticed_ms) or [0.0]
        return [
            f"kills of a whole worker tree: {self.kills}",
            f"jobs acknowledged: {self.acknowledged}, completed: {self.completed}, lost: {self.acknowledged - self.completed}",
            f"attempts in flight at the kills: {self.in_flight}, jobs started again because of them: {self.ran_again}",
            (
                f"death to claimable again: median {noticed[len(noticed) // 2]:.0f} ms, "
                f"p99 {noticed[int(len(noticed) * 0.99)]:.0f} ms, longest {noticed[-1]:.0f} ms"
            ),
            *(f"WRONG: {one}" for one in self.wrong),
            "verdict: " + ("FAILED" if self.wrong else "nothing lost, nothing finished ran again"),
        ]


class Load(threading.Thread):
    """Enqueues until stopped, and remembers every acknowledged id."""

    def __init__(self, store: Store, seed: int) -> None:
        super().__init__(name="load", daemon=True)
        self._store = store
        self._random = random.Random(seed)
        self.acknowledged: list[int] = []
        self.end = threading.Event()

    def run(self) -> None:
        """Until told to end."""
        clock = SystemClock()
        while not self.end.wait(0.02):
            batch = [self._job(clock) for _ in range(self._random.randint(1, 12))]
            self.acknowledged += [one.id for one in self._store.call(self._store.enqueue(batch))]

    def _job(self, clock: SystemClock) -> NewJob:
        name = self._random.choice(KINDS)
        arguments = "{}" if name == "flaky" else f'{{"ms":{self._random.choice((1, 5, 20, 120))}}}'
        parents = ()
        if self.acknowledged and self._random.random() < 0.1:
            parents = (self.acknowledged[-1],)
        return NewJob(ref_id=new_ref_id(clock), name=name, payload=arguments, retries=20, depends_on=parents)


def start_worker(folder: Path, application: str | None = None) -> subprocess.Popen[bytes]:
    """One worker tree, of the application that is killed or of another one."""
    chosen = [] if application is None else ["--application", application]
    environment = {
        **os.environ,
        "FAULTS_STORE": str(folder / "store"),
        "FAULTS_DIARY": str(folder / "diary"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
    }
    with (folder / "worker.log").open("ab") as log:
        return subprocess.Popen([sys.executable, "-m", "faults.worker", *chosen], env=environment, cwd=ROOT, stderr=log)


def run(kills: int, *, seed: int, folder: Path, workers: int = 2) -> Verdict:
    """Kill so many times, let the rest be finished, and judge."""
    rng = random.Random(seed)
    verdict = Verdict(kills)
    store = open_store(str(folder / "store"))
    trees = [start_worker(folder) for _ in range(workers)]
    load = Load(store, seed)
    load.start()
    killed_at: list[tuple[float, set[str]]] = []
    try:
        wait_for_nodes(store, workers)
        for _ in range(kills):
            time.sleep(rng.choice((rng.uniform(0.05, 0.3), rng.uniform(0.3, 2.0))))
            index = rng.randrange(workers)
            uids = nodes_of(store, trees[index].pid)
            others = set().union(*(nodes_of(store, tree.pid) for tree in trees if tree is not trees[index]))
            if killed_at and time.time() - killed_at[-1][0] < NOTICE_S:
                killed_at.pop()  # the one that was to notice the death before is killed itself now
            kill_tree(trees[index].pid)
            if others:  # with nobody left to notice there is nothing to measure
                killed_at.append((time.time(), uids))
            trees[index].wait()
            trees[index] = start_worker(folder)
        load.end.set()
        load.join()
        drain(store, verdict)
    finally:
        load.end.set()
        for tree in trees:
            tree.terminate()
        for tree in trees:
            try:
                tree.wait(30)
            except subprocess.TimeoutExpired:
                kill_tree(tree.pid)
                verdict.wrong.append("a worker did not stop within 30 s of SIGTERM")
    judge(store, load.acknowledged, folder / "diary", killed_at, verdict)
    store.close()
    return verdict


def nodes_of(store: Store, pid: int) -> set[str]:
    """The live nodes of a process (none while it starts)."""
    nodes = store.reader.call(store.reader.nodes())
    return {node.uid for node in nodes if node.pid == pid and node.state == "active"}


def wait_for_nodes(store: Store, count: int) -> None:
    """Until so many workers are there."""
    end = time.monotonic() + 30
    while sum(node.state == "active" for node in store.reader.call(store.reader.nodes())) < count:
        if time.monotonic() > end:
            msg = "the workers did not start within 30 s"
            raise RuntimeError(msg)
        time.sleep(0.05)


def drain(store: Store, verdict: Verdict) -> None:
    """Until nothing is left to do."""
    end = time.monotonic() + DRAIN_WAIT_S
    while True:
        counts = store.reader.call(store.reader.counts())
        left = sum(number for state, number in counts.items() if not state.is_final)
        if left == 0:
            return
        if time.monotonic() > end:
            verdict.wrong.append(f"{left} jobs were not finished within {DRAIN_WAIT_S:.0f} s: {counts}")
            return
        time.sleep(0.1)


def judge(
    store: Store, acknowledged: list[int], diary: Path, killed_at: list[tuple[float, set[str]]], verdict: Verdict
) -> None:
    """Compare what was acknowledged, what the store says, and what the bodies wrote down."""
    verdict.acknowledged = len(acknowledged)
    marks: dict[str, Counter[int]] = {"S": Counter(), "E": Counter()}
    for line in diary.read_text().splitlines():
        mark, job_id, *_ = line.split()
        marks[mark][int(job_id)] += 1
    reaped_at: dict[str, float] = {}
    for job_id in acknowledged:
        detail = store.reader.call(store.reader.detail(job_id))
        if detail is None:
            verdict.wrong.append(f"job {job_id} was acknowledged and is not there")
            continue
        judge_one(detail, marks["S"][job_id], marks["E"][job_id], verdict)
        for attempt in detail.attempts:
            if attempt.kind is EndKind.SUSPECT and attempt.node_uid is not None:
                reaped_at[attempt.node_uid] = attempt.finished_us / 1e6
    for moment, uids in killed_at:
        verdict.noticed_ms += [1000 * (reaped_at[uid] - moment) for uid in uids if uid in reaped_at]
    every = sum(store.reader.call(store.reader.counts()).values())
    if every < len(set(acknowledged)):
        verdict.wrong.append(f"the store lists {every} jobs, {len(set(acknowledged))} were acknowledged")
    verdict.wrong += [f"audit: {one.invariant}: {one.job_id}: {one.note}" for one in store.call(store.audit())]


def judge_one(detail: JobDetail, starts: int, ends: int, verdict: Verdict) -> None:
    """One job: how it ended, and how often its body began and came to its end."""
    job_id = detail.row.id
    verdict.completed += detail.row.state is State.COMPLETED
    if detail.row.state is not State.COMPLETED:
        verdict.wrong.append(f"job {job_id} ended {detail.row.state} ({detail.row.code})")
    kinds = Counter(attempt.kind for attempt in detail.attempts)
    verdict.in_flight += kinds[EndKind.SUSPECT]
    if kinds[EndKind.RETURNED] != 1:
        verdict.wrong.append(f"job {job_id} has {kinds[EndKind.RETURNED]} success records")
    if starts > len(detail.attempts):
        verdict.wrong.append(f"job {job_id} was started {starts} times in {len(detail.attempts)} attempts")
    died = kinds[EndKind.SUSPECT] + kinds[EndKind.CRASHED] + kinds[EndKind.RELEASED]
    if ends > 1 + died:
        verdict.wrong.append(f"job {job_id} ran to its end {ends} times with {died} deaths")
    verdict.ran_again += min(starts - 1, kinds[EndKind.SUSPECT]) if starts > 1 else 0


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    return perform(
        "make crash", parser, arguments, lambda chosen, seed, folder: run(chosen.kills, seed=seed, folder=folder)
    )


if __name__ == "__main__":
    sys.exit(main())
