"""What flow control costs: a drain with every job in a line, against the plain drain of the same rounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.application import TEXT, Bench
from bench.drain import drain
from bench.figure import Aim, Figure, Rounds, Scale, rate

KEYS = 1_000
LANES = 100
CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Gated:
    """A drain of jobs that one kind of flow control looks at."""

    name: str
    words: str
    target: float
    options: Callable[[int], Mapping[str, Any]]
    """What the job of that number is given with `using`."""

    def fill(self, bench: Bench, count: int) -> None:
        """Enqueue so many."""
        for start in range(0, count, CHUNK):
            numbers = range(start, min(start + CHUNK, count))
            bench.jobs.enqueue_many([bench.nothing.using(**self.options(number)).call(TEXT) for number in numbers])


GATED = (
    Gated("keys", f"{KEYS:,} keys, limit 1", 0.5, lambda number: {"concurrency_key": f"customer:{number % KEYS}"}),
    Gated("workers", f"{LANES} named workers", 0.5, lambda number: {"worker": f"worker-{number % LANES}"}),
)


def measure(scale: Scale) -> Sequence[Figure]:
    """Jobs per second of each, as a share of the plain drain's."""
    count = scale.of(20_000, 3_000)
    found = Rounds()
    for _ in range(scale.rounds):
        plain, cost_us = drain(count)
        found.note(plain=plain, plain_cost=cost_us)
        for one in GATED:
            speed, cost_us = drain(count, one.fill)
            found.note(**{one.name: speed, f"{one.name}_cost": cost_us})
    return tuple(_figure(one, count, found) for one in GATED)


def _figure(one: Gated, count: int, found: Rounds) -> Figure:
    detail = (
        f"{rate(found.median(one.name))}; plain {rate(found.median('plain'))}; microseconds of processor time a job: "
    )
    detail += f"{found.median(f'{one.name}_cost'):.0f} and {found.median('plain_cost'):.0f}"
    return Figure(
        group="flow",
        name=f"drain with every job in a line: {one.words}, {count:,} jobs",
        aim=Aim.AT_LEAST,
        target=one.target,
        unit="of plain",
        rounds=found.ratios(one.name, "plain"),
        detail=detail,
    )
