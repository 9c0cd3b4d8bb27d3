"""Kill worker processes while schedules fire every second, then look whether an instant was run twice or went missing.

    python -m faults.firings --instants 100

Three workers on one store, each killed and started again at random, now and then all of them at once. At the end:
every instant of every schedule has one job or is recorded as missed, none has two; of the schedules that make up for
what was missed every instant has its job; of the one that never overlaps no two ran at once; the audit finds nothing.
"""

from __future__ import annotations

import argparse
import itertools
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from faults.crash import Verdict as CrashVerdict
from faults.crash import drain, start_worker, wait_for_nodes
from faults.record import perform
from faults.tree import kill_tree
from headway.model.job import JobRow, State
from headway.store.open import open_store
from headway.store.protocol import JobFilter, Store
from headway.store.scheduling import ScheduleRow

APP: Final = "default"
APPLICATION: Final = "faults.firing_application:jobs"
WORKERS: Final = 3
PAGE: Final = 1000
SECOND_US: Final = 1_000_000
STEPS_US: Final = {
    "each": SECOND_US,
    "by_the_clock": SECOND_US,
    "once": SECOND_US,
    "never_two": 2 * SECOND_US,
    "in_line": 5 * SECOND_US,
}
"""How far apart the instants of each schedule are."""
MADE_UP_FOR: Final = frozenset({"each", "by_the_clock", "in_line"})
ONE_AT_A_TIME: Final = frozenset({"never_two", "in_line"})
KILL_ALL_RATE: Final = 0.2


@dataclass(slots=True)
class Verdict:
    """What a run found."""

    kills: int = 0
    blackouts: int = 0
    """Times at which no worker was left."""
    schedules: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """For people."""
        return [
            f"kills of a whole worker tree: {self.kills}, all {WORKERS} at once: {self.blackouts} times",
            *(f"{name}: {words}" for name, words in sorted(self.schedules.items())),
            *(f"WRONG: {one}" for one in self.wrong),
            "verdict: " + ("FAILED" if self.wrong else "one job for each instant, none twice, none missing unsaid"),
        ]


def run(instants: int, *, seed: int, folder: Path) -> Verdict:
    """Fire for so many seconds while workers are killed, and judge."""
    rng, verdict = random.Random(seed), Verdict()
    store = open_store(str(folder / "store"))
    trees = [start_worker(folder, APPLICATION) for _ in range(WORKERS)]
    try:
        wait_for_nodes(store, WORKERS)
        end = time.monotonic() + instants
        while time.monotonic() < end:
            time.sleep(rng.uniform(0.3, 3.0))
            _kill(trees, folder, rng, verdict)
        time.sleep(2)
        store.call(store.pause_scheduler(APP, by="the judge"))
        left = CrashVerdict(verdict.kills)
        drain(store, left)
        verdict.wrong += left.wrong
    finally:
        _stop(trees, verdict)
    judge(store, verdict, instants)
    store.close()
    return verdict


def _kill(trees: list[subprocess.Popen[bytes]], folder: Path, rng: random.Random, verdict: Verdict) -> None:
    """Kill one worker or all of them, and start them again."""
    everybody = rng.random() < KILL_ALL_RATE
    chosen = range(WORKERS) if everybody else (rng.randrange(WORKERS),)
    for index in chosen:
        kill_tree(trees[index].pid)
        trees[index].wait()
        verdict.kills += 1
    if everybody:
        verdict.blackouts += 1
        time.sleep(rng.uniform(0, 4.0))
    for index in chosen:
        trees[index] = start_worker(folder, APPLICATION)


def _stop(trees: Sequence[subprocess.Popen[bytes]], verdict: Verdict) -> None:
    for tree in trees:
        tree.terminate()
    for tree in trees:
        try:
            tree.wait(30)
        except subprocess.TimeoutExpired:
            kill_tree(tree.pid)
            verdict.wrong.append("a worker did not stop within 30 s of SIGTERM")


def judge(store: Store, verdict: Verdict, instants: int) -> None:
    """Hold jobs and missed ranges against the instants that came."""
    jobs: defaultdict[str, list[JobRow]] = defaultdict(list)
    for job in _jobs(store):
        name, at, _ = job.ref_id.partition("@")
        if at:
            jobs[name].append(job)
    rows = store.reader.call(store.reader.schedules(app=APP))
    verdict.wrong += [f"there is no schedule {name}" for name in STEPS_US.keys() - {row.name for row in rows}]
    for row in rows:
        _judge_one(store, row, jobs[row.name], verdict, instants)
    verdict.wrong += [f"audit: {one.invariant}: {one.job_id}: {one.note}" for one in store.call(store.audit())]


def _judge_one(store: Store, row: ScheduleRow, jobs: list[JobRow], verdict: Verdict, instants: int) -> None:
    name, step = row.name, STEPS_US[row.name]
    counted = Counter(instant_of(one) for one in jobs)
    twice = [at for at, count in counted.items() if count > 1]
    missed: set[int] = set()
    for one in store.reader.call(store.reader.missed(row.id, limit=PAGE)):
        missed.update(range(one.from_us, one.until_us + 1, step))
    first = min([*counted, *missed], default=row.judged_us + 1)
    every = set(range(first, row.judged_us + 1, step))
    seen = set(counted) | missed
    states = Counter(one.state for one in jobs)
    verdict.schedules[name] = (
        f"{len(every)} instants, {row.run_count} run, {row.skip_count} skipped, {row.missed_count} missed"
    )
    wrong = verdict.wrong
    wrong += [f"{name}: the instant {at} has {counted[at]} jobs" for at in twice]
    wrong += [f"{name}: the instant {at} has a job and is recorded as missed" for at in set(counted) & missed]
    wrong += [f"{name}: the instant {at} has no job and is not recorded as missed" for at in sorted(every - seen)]
    wrong += [f"{name}: {at} is no instant of it" for at in sorted(seen - every)]
    if len(every) < instants * SECOND_US // step - 1:
        wrong.append(f"{name}: only {len(every)} instants came in {instants} s")
    if name in MADE_UP_FOR and missed:
        wrong.append(f"{name}: {len(missed)} instants are missing, and all are to be made up for")
    if row.run_count + row.skip_count + row.missed_count != len(every):
        wrong.append(f"{name}: its counts do not add up to {len(every)}: {row}")
    if states[State.COMPLETED] != row.run_count or states[State.SKIPPED] != row.skip_count:
        wrong.append(f"{name}: {row.run_count} runs and {row.skip_count} skipped are counted, and {states} are there")
    if name in ONE_AT_A_TIME:
        wrong += _overlaps(name, jobs)


def _overlaps(name: str, jobs: list[JobRow]) -> list[str]:
    spans = sorted((one.started_us, one.finished_us or 0, one.id) for one in jobs if one.started_us is not None)
    return [
        f"{name}: job {later[2]} began before job {earlier[2]} had ended"
        for earlier, later in itertools.pairwise(spans)
        if later[0] < earlier[1]
    ]


def instant_of(row: JobRow) -> int:
    """The instant in a run's reference."""
    moment = datetime.fromisoformat(row.ref_id.partition("@")[2])
    return int(moment.timestamp()) * SECOND_US + moment.microsecond


def _jobs(store: Store) -> list[JobRow]:
    found: list[JobRow] = []
    before: int | None = None
    while True:
        page = store.reader.call(store.reader.page(JobFilter(), limit=PAGE, before_id=before))
        found += page.rows
        before = page.next_cursor
        if before is None:
            return found


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instants", type=int, default=100)
    return perform(
        "make firings", parser, arguments, lambda chosen, seed, folder: run(chosen.instants, seed=seed, folder=folder)
    )


if __name__ == "__main__":
    sys.exit(main())
