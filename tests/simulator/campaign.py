"""Many worlds after each other: how much was simulated, and which seeds broke a promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.simulator.script import write
from tests.simulator.world import World, live


@dataclass(slots=True)
class Tally:
    """Sums over worlds."""

    worlds: int = 0
    steps: int = 0
    commits: int = 0
    virtual_us: int = 0
    bodies: int = 0
    deeds: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    """States that jobs ended in."""
    broken: dict[int, str] = field(default_factory=dict)
    """Seed to words."""

    def add(self, world: World, words: str | None) -> None:
        """Count a world that was lived."""
        self.worlds += 1
        self.steps += world.steps
        self.commits += world.record.commits
        self.virtual_us += world.now_us
        self.bodies += len(world.record.begun_by)
        self.deeds.update(one.deed.value for one in world.script.incidents)
        self.ends.update(row.state for row in world.record.rows.values())
        if words is not None:
            self.broken[world.script.seed] = words

    def merge(self, other: Tally) -> None:
        """Take in what another process counted."""
        for name in ("worlds", "steps", "commits", "virtual_us", "bodies"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.deeds += other.deeds
        self.ends += other.ends
        self.broken |= other.broken

    def lines(self) -> list[str]:
        """For people."""
        hours = self.virtual_us / 3.6e9
        return [
            f"seeds: {self.worlds}, virtual hours: {hours:.1f}, steps: {self.steps}, transactions: {self.commits}",
            f"bodies run: {self.bodies}; jobs ended: {_listed(self.ends)}",
            f"deeds: {_listed(self.deeds)}",
            *(f"BROKEN by seed {seed}: {words.splitlines()[0]}" for seed, words in sorted(self.broken.items())),
            f"violations: {len(self.broken)}",
        ]


def campaign(seeds: Iterable[int]) -> Tally:
    """Live them all."""
    tally = Tally()
    for seed in seeds:
        tally.add(*live(write(seed)))
    return tally


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
