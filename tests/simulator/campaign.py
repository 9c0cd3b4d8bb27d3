"""Many worlds after each other: how much was simulated, and which seeds broke a promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from headway.model.tie import Tie
from tests.simulator.record import Row
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
    batches: Counter[str] = field(default_factory=Counter)
    """How batches ended."""
    parts: Counter[str] = field(default_factory=Counter)
    """What jobs had beside themselves."""
    schedules: Counter[str] = field(default_factory=Counter)
    """What instants of schedules came to."""
    calls: Counter[str] = field(default_factory=Counter)
    """What transactions of callers, and of jobs, came to."""
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
        self.batches.update(batch.outcome or "open" for batch in world.record.batches.values())
        self.parts.update(word for row in world.record.rows.values() for word in parts(row))
        self.schedules.update(world.record.schedule_rules.tally)
        self.schedules["worlds"] += bool(world.agenda.names)
        self.calls.update(world.record.calling.tally)
        if words is not None:
            self.broken[world.script.seed] = words

    def merge(self, other: Tally) -> None:
        """Take in what another process counted."""
        for name in ("worlds", "steps", "commits", "virtual_us", "bodies"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.deeds += other.deeds
        self.ends += other.ends
        self.batches += other.batches
        self.parts += other.parts
        self.schedules += other.schedules
        self.calls += other.calls
        self.broken |= other.broken

    def lines(self) -> list[str]:
        """For people."""
        hours = self.virtual_us / 3.6e9
        return [
            f"seeds: {self.worlds}, virtual hours: {hours:.1f}, steps: {self.steps}, transactions: {self.commits}",
            f"bodies run: {self.bodies}; jobs ended: {_listed(self.ends)}",
            f"batches ended: {_listed(self.batches)}; jobs with: {_listed(self.parts)}",
            f"schedules: {_listed(self.schedules)}",
            f"callers' transactions: {_listed(self.calls)}",
            f"deeds: {_listed(self.deeds)}",
            *(f"BROKEN by seed {seed}: {words.splitlines()[0]}" for seed, words in sorted(self.broken.items())),
            f"violations: {len(self.broken)}",
        ]


def parts(row: Row) -> Iterator[str]:
    """What a job has beside itself."""
    had = {
        "a batch": row.batch is not None,
        "a callback": bool(row.ties & Tie.CALLBACK),
        "a condition": row.condition is not None,
        "a unique key": row.unique_key is not None,
        "a named worker": row.lane is not None,
        "a concurrency key": row.key is not None,
        "a parent's success": bool(row.ties & Tie.CHILD),
        "a result to take": bool(row.ties & Tie.LINKS),
    }
    return (word for word, has in had.items() if has)


def campaign(seeds: Iterable[int]) -> Tally:
    """Live them all."""
    tally = Tally()
    for seed in seeds:
        tally.add(*live(write(seed)))
    return tally


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
