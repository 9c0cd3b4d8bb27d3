"""What a claim of 100 jobs costs when a million others wait, or a million finished ones are kept."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack

from bench.application import Bench, bench_store
from bench.figure import Aim, Figure, Rounds, Scale
from headway.model.claim import Claim
from headway.model.job import State
from headway.model.outcome import EndKind, Settlement
from headway.store.protocol import Ask, NodeInfo, Store

CLAIMED = 100
STEP = 1_000
TARGET = 1.5
LEASE_US = 3_600_000_000
FEW = 200
"""Jobs that wait in the stores called empty: what is claimed, and a little more."""


def measure(scale: Scale) -> Sequence[Figure]:
    """Three stores side by side, claimed from in turn."""
    many = scale.of(1_000_000, 50_000)
    turns = scale.of(40, 10)
    found = Rounds()
    with ExitStack() as stack:
        empty, waiting, finished = (Counter(stack.enter_context(bench_store())) for _ in range(3))
        waiting.fill(many)
        finished.fill(many)
        finished.finish(many)
        for _ in range(scale.rounds):
            costs: dict[str, list[float]] = {"empty": [], "waiting": [], "finished": []}
            for _ in range(turns):
                for name, counter in (("empty", empty), ("waiting", waiting), ("finished", finished)):
                    counter.top_up()
                    costs[name].append(counter.claim())
            found.note(**{name: sorted(values)[len(values) // 2] for name, values in costs.items()})
    return tuple(_figure(found, name, f"{many:,} {words}") for name, words in WORDS.items())


WORDS = {"waiting": "jobs waiting", "finished": "finished jobs kept"}


class Counter:
    """A node that claims from one store, without running anything."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._store: Store = bench.jobs.store
        info = NodeInfo(
            uid=f"bench-{os.urandom(8).hex()}",
            app=bench.jobs.app,
            host="bench",
            pid=os.getpid(),
            names=("nothing",),
            queues=None,
            concurrency=STEP,
            version="0",
        )
        self._node = self._store.call(self._store.register(info, lease_us=LEASE_US))
        self._waiting = 0

    def fill(self, count: int) -> None:
        """Add so many waiting jobs."""
        self._bench.fill(count, chunk=STEP)
        self._waiting += count

    def note(self, count: int) -> None:
        """So many waiting jobs were made elsewhere."""
        self._waiting += count

    def top_up(self) -> None:
        """See that there is enough for one claim."""
        if self._waiting < CLAIMED:
            self.fill(FEW)

    def claim(self) -> float:
        """Milliseconds for a claim of 100; they are settled afterwards, outside the time."""
        began = time.perf_counter()
        claims = self._take(CLAIMED)
        passed = time.perf_counter() - began
        assert len(claims) == CLAIMED
        self._settle(claims)
        return passed * 1e3

    def take(self, count: int) -> None:
        """Claim so many of what waits elsewhere, and keep them."""
        waiting = self._waiting
        assert len(self._take(count)) == count
        self._waiting = waiting

    def finish(self, count: int) -> None:
        """Complete so many jobs."""
        for _ in range(0, count, STEP):
            self._settle(self._take(STEP))

    def _take(self, limit: int) -> Sequence[Claim]:
        ask = Ask(limit=limit, names=frozenset({"nothing"}))
        claims = self._store.call(self._store.exchange(self._node, asks=(ask,), lease_us=LEASE_US)).claims
        self._waiting -= len(claims)
        return claims

    def _settle(self, claims: Sequence[Claim]) -> None:
        settlements = [completed(claim) for claim in claims]
        self._store.call(self._store.exchange(self._node, settlements=settlements, lease_us=LEASE_US))


def completed(claim: Claim) -> Settlement:
    """A success with nothing to say."""
    return Settlement(
        id=claim.id,
        epoch=claim.epoch,
        state=State.COMPLETED,
        kind=EndKind.RETURNED,
        started_us=claim.claimed_us,
        finished_us=claim.claimed_us,
        due_delay_us=0,
        tries=0,
        crashes=0,
        suspect=0,
    )


def _figure(found: Rounds, name: str, words: str) -> Figure:
    return Figure(
        group="claim",
        name=f"claim of {CLAIMED} with {words}",
        aim=Aim.AT_MOST,
        target=TARGET,
        unit="x empty",
        rounds=found.ratios(name, "empty"),
        detail=f"{found.median(name):.2f} ms; empty store {found.median('empty'):.2f} ms",
    )
