"""What a batch of 100 000 jobs adds to settling them, and to the whole of claiming and settling."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack

from msgspec.structs import replace

from bench.application import TEXT, Bench, bench_store
from bench.claim import LEASE_US, completed
from bench.figure import Aim, Figure, Rounds, Scale
from headway.store.batching import NewBatch
from headway.store.protocol import Ask, NodeInfo, Store

TURN = 100
"""Jobs settled, and claimed, in one transaction."""
CHUNK = 1_000
TARGET = 1.2


def measure(scale: Scale) -> Sequence[Figure]:
    """Two stores side by side, with and without a batch, a turn of each after the other."""
    count = scale.of(100_000, 10_000)
    turns = scale.of(100, 30)
    found = Rounds()
    with ExitStack() as stack:
        plain, batched = (Settler(stack.enter_context(bench_store())) for _ in range(2))
        plain.fill(count, batch=None)
        batched.fill(count, batch="nightly")
        for _ in range(scale.rounds):
            costs: dict[str, list[float]] = {"plain": [], "batched": [], "plain turn": [], "batched turn": []}
            for _ in range(turns):
                for name, settler in (("plain", plain), ("batched", batched)):
                    claimed, settled = settler.turn()
                    costs[name].append(settled)
                    costs[f"{name} turn"].append(claimed + settled)
            found.note(**{name: sorted(values)[len(values) // 2] for name, values in costs.items()})
    return (_figure(found, "", f"settling {TURN} jobs of a batch of {count:,}"),)


def _figure(found: Rounds, which: str, words: str) -> Figure:
    whole = found.median("batched turn") / found.median("plain turn")
    return Figure(
        group="batch",
        name=words,
        aim=Aim.AT_MOST,
        target=TARGET,
        unit="x without",
        rounds=found.ratios(f"batched{which}", f"plain{which}"),
        detail=f"{found.median('batched'):.2f} ms, {found.median('plain'):.2f} ms without; with their claim {whole:.2f} x",
    )


class Settler:
    """A node that claims and settles, without running anything."""

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
            concurrency=TURN,
            version="0",
        )
        self._node = self._store.call(self._store.register(info, lease_us=LEASE_US))

    def fill(self, count: int, *, batch: str | None) -> None:
        """Add so many jobs, in a batch or not."""
        number = None
        if batch is not None:
            new = NewBatch(app=self._bench.jobs.app, name=batch)
            number = self._store.call(self._store.create_batch(new)).id
        call = self._bench.nothing.call(TEXT)
        for start in range(0, count, CHUNK):
            jobs = [self._bench.jobs.encode_call(call) for _ in range(min(CHUNK, count - start))]
            self._store.call(self._store.enqueue([replace(job, batch=number) for job in jobs]))
        if number is not None:
            self._store.call(self._store.seal_batch(number))

    def turn(self) -> tuple[float, float]:
        """Milliseconds for a claim, and for the settling of what was claimed."""
        began = time.perf_counter()
        ask = Ask(limit=TURN, names=frozenset({"nothing"}))
        claims = self._store.call(self._store.exchange(self._node, asks=(ask,), lease_us=LEASE_US)).claims
        claimed = time.perf_counter()
        assert len(claims) == TURN
        settlements = [completed(claim) for claim in claims]
        answer = self._store.call(self._store.exchange(self._node, settlements=settlements, lease_us=LEASE_US))
        assert all(answer.accepted)
        return (claimed - began) * 1e3, (time.perf_counter() - claimed) * 1e3
