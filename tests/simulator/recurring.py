"""What worlds have that is to run again and again, and how often people change it."""

from __future__ import annotations

from random import Random
from typing import Final

from msgspec.structs import replace

from headway.model.claim import NewJob
from headway.model.schedule import Definition, Managed, Misfire, Overlap
from headway.model.timetable import CronTable, IntervalTable, Timetable
from tests.conformance.owned_clock import START_US
from tests.simulator.flow import SECOND_US

APP: Final = "default"
COUNT_MAX: Final = 4
TIMETABLES: Final[tuple[Timetable, ...]] = (
    CronTable("*/2 * * * * *"),
    CronTable("*/3 * * * * *"),
    CronTable("*/3 * * * * *", "Europe/Berlin"),
    CronTable("0,1,2,7,20,21,40 * * * * *"),
    IntervalTable(1_000_000),
    IntervalTable(2_500_000),
    IntervalTable(7_000_000),
)
GRACES_US: Final = (500_000, SECOND_US, 2 * SECOND_US, 10 * SECOND_US)
LATE_RATE: Final = 0.3
DB_RATE: Final = 0.4


class Agenda:
    """The schedules of one world: those that its nodes' code has, and those that people keep in the store."""

    def __init__(self, seed: int, count: int) -> None:
        draw = Random(f"what recurs {seed}")
        every = [definition(f"s{number}", draw) for number in range(count)]
        by_people = count > 1 and draw.random() < DB_RATE
        self.put = {one.name: replace(one, managed=Managed.DB) for one in (every[-1:] if by_people else [])}
        """By people; some code creates it, too."""
        self.code = {one.name: one for one in (every[:-1] if by_people else every)}
        """As the code has them that starts now."""
        if by_people and draw.random() < DB_RATE:
            self.code |= self.put
        self._late = {one for one in self.code if draw.random() < LATE_RATE} if count > 1 else set[str]()
        """Those that a node has only when it has learned everything."""

    def known(self, *, late: bool) -> tuple[Definition, ...]:
        """What the code of a node has that starts now."""
        return tuple(one for name, one in self.code.items() if late or name not in self._late)

    def late(self) -> tuple[Definition, ...]:
        """What one learns later."""
        return tuple(self.code[name] for name in sorted(self._late))

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(sorted({*self.code, *self.put}))


def how_many(seed: int) -> int:
    """Schedules of a world; most have none."""
    draw = Random(f"{WORD} {seed}")
    return draw.randint(1, COUNT_MAX) if draw.random() < SCHEDULES_RATE else 0


def definition(name: str, draw: Random) -> Definition:
    """One of many kinds."""
    job = NewJob(
        ref_id="",
        name=draw.choice(("work", "work", "work", "quick", "heavy")),
        payload="{}",
        retries=draw.choice((0, 0, 1, 2)),
        fleeting=draw.random() < FLEETING_RATE,
        unique_key=f"unique {name}" if draw.random() < UNIQUE_RATE else None,
    )
    return Definition(
        name=name,
        timetable=draw.choice(TIMETABLES),
        job=job,
        overlap=draw.choice((*Overlap, Overlap.QUEUE)),
        misfire=draw.choice((*Misfire,)),
        misfire_grace_us=draw.choice(GRACES_US),
        misfire_limit=draw.choice((1, 3, 5, 10)),
        misfire_age_us=draw.choice((None, None, 3 * SECOND_US, 20 * SECOND_US)),
        start_us=draw.choice((None, None, None, START_US + 4 * SECOND_US)),
        end_us=draw.choice((None, None, None, START_US + 15 * SECOND_US)),
        max_runs=draw.choice((None, None, None, 2, 5)),
        jitter_us=draw.choice((0, 0, 800_000)),
        run_at_start=draw.random() < AT_START_RATE,
        expires_after_us=draw.choice((None, None, None, 2 * SECOND_US)),
    )


def revised(old: Definition, draw: Random) -> Definition:
    """Changed in one point or several; or not at all."""
    other = definition(old.name, draw)
    points = draw.sample(POINTS, draw.choice((1, 1, 2, 4)))
    return replace(old, **{point: getattr(other, point) for point in points})


WORD: Final = "timely"
"""Seeds to which planted bugs are pinned draw none by it."""
SCHEDULES_RATE: Final = 0.35
FLEETING_RATE: Final = 0.3
UNIQUE_RATE: Final = 0.15
AT_START_RATE: Final = 0.2
POINTS: Final = (
    "timetable",
    "timetable",
    "job",
    "overlap",
    "misfire",
    "end_us",
    "max_runs",
    "jitter_us",
    "misfire_limit",
)
