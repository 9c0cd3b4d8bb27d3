"""The console over a store with a million jobs: how long each page takes, and what those who look on cost.

`python -m bench.web` also shows every page by itself.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.crowd import VIEWERS, crowded
from bench.disk import folder
from bench.figure import Aim, Figure, Rounds, Scale, percentile
from bench.looking import OPEN_PAGES, visible, watched
from bench.million import MILLION, million_store
from bench.pages import Timed, each
from headway.store.open import open_store

ALONE_MS: Final = 100.0
CROWD_MS: Final = 300.0
SEEN_S: Final = 1.0
COST_PERCENT: Final = 10.0
TRANSFER_KB: Final = 250.0
QUICK: Final = 20_000
CROWD_S: Final = 20.0
WATCHED: Final = 60_000
"""Jobs of a drain that is looked at: some seconds."""


def measure(scale: Scale) -> Sequence[Figure]:
    """All figures."""
    with million_store(scale.of(MILLION, QUICK)) as original, folder() as copy:
        place = copy / "store"
        copied(original, place)
        every = asyncio.run(each(place, scale.of(20, 5)))
        crowd = [asyncio.run(crowded(place, scale.of(CROWD_S, 5))) for _ in range(min(2, scale.rounds))]  # type: ignore[arg-type]
        seen = asyncio.run(visible(place, scale.of(20, 5)))
        cost = [asyncio.run(watched(place, scale.of(WATCHED, 5_000))) for _ in range(min(3, scale.rounds))]
    return (_alone(every), _transfer(every), _crowd(crowd), _seen(seen), _cost(cost))


def copied(original: Path, place: Path) -> None:
    """Jobs run in the copy, which a copy does only when it is told."""
    shutil.copytree(original, place)
    store = open_store(str(place))
    store.call(store.resume_claims())
    store.close()


def _alone(every: Sequence[Timed]) -> Figure:
    slowest = sorted(every, key=lambda one: -one.p95_ms)
    worst = ", ".join(f"{one.words} {one.p95_ms:.0f} ms" for one in slowest[:3])
    return Figure(
        group="web",
        name=f"the slowest of {len(every)} pages and lists over a million jobs, one request at a time, p95",
        aim=Aim.AT_MOST,
        target=ALONE_MS,
        unit="ms",
        rounds=(slowest[0].p95_ms,),
        detail=f"{worst}; the middle one {percentile([one.p95_ms for one in every], 50):.0f} ms",
    )


def _transfer(every: Sequence[Timed]) -> Figure:
    largest = max(every, key=lambda one: one.kb)
    return Figure(
        group="web",
        name="the most that a page transfers at first load, with style and scripts",
        aim=Aim.AT_MOST,
        target=TRANSFER_KB,
        unit="kB",
        rounds=(largest.kb,),
        detail=largest.words,
    )


def _crowd(rounds: Sequence[Sequence[float]]) -> Figure:
    return Figure(
        group="web",
        name=f"{VIEWERS} viewers, one page a second each, while a worker drains: p95",
        aim=Aim.AT_MOST,
        target=CROWD_MS,
        unit="ms",
        rounds=tuple(percentile(one, 95) for one in rounds),
        detail=f"p50 {percentile(rounds[0], 50):.0f} ms, {len(rounds[0])} pages a round",
    )


def _seen(found: Sequence[float]) -> Figure:
    return Figure(
        group="web",
        name="a new job of another process until an open page shows it, p95",
        aim=Aim.AT_MOST,
        target=SEEN_S,
        unit="s",
        rounds=(percentile(found, 95),),
        detail=f"p50 {percentile(found, 50):.2f} s, longest {max(found):.2f} s, {len(found)} jobs",
    )


def _cost(rounds: Sequence[tuple[float, float]]) -> Figure:
    found = Rounds()
    for alone, beside in rounds:
        found.note(alone=alone, beside=beside)
    return Figure(
        group="web",
        name=f"{OPEN_PAGES} open live pages: throughput that a worker in the same process loses",
        aim=Aim.AT_MOST,
        target=COST_PERCENT,
        unit="%",
        rounds=tuple(100 * (1 - ratio) for ratio in found.ratios("beside", "alone")),
        detail=f"{found.median('alone'):,.0f} jobs/s with nobody, {found.median('beside'):,.0f} jobs/s with them",
    )


if __name__ == "__main__":
    with million_store(int(sys.argv[1]) if sys.argv[1:] else MILLION) as at:
        for one in sorted(asyncio.run(each(at, 9)), key=lambda one: -one.p95_ms):
            print(f"{one.p95_ms:8.1f} ms p95 {one.server_ms:8.1f} ms processor {one.kb:8.1f} kB  {one.words}")
