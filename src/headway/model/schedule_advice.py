"""What a schedule says and was probably not meant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from headway.model.clock import MICROSECOND, from_us
from headway.model.firing import upcoming
from headway.model.schedule import Definition, Overlap
from headway.model.timetable import CronTable, parsed

LOG: Final = "headway.schedules"
"""The name of the log that says it."""
OVER: Final = "its end was {at:%Y-%m-%d %H:%M:%S} UTC: it is over already, and never fires"
SPREAD: Final = (
    "its jitter of up to {jitter} is longer than the {distance} from its next run to the one after it: {then}"
)
SKIPPED: Final = "where a run still waits for its moment, the next one is skipped"
MEET: Final = "its runs may start in another order"


def news_of(made: Definition, now_us: int, told: set[str]) -> Iterator[str]:
    """What is to be said of a schedule and was not told yet; it counts as told then."""
    for warning in warnings_of(made, now_us):
        said = f"the schedule {made.name} ({made.timetable}): {warning}"
        if said not in told:
            told.add(said)
            yield said


def warnings_of(made: Definition, now_us: int) -> Iterator[str]:
    """A sentence for each."""
    if isinstance(made.timetable, CronTable):
        yield from parsed(made.timetable.text, made.name).warnings
    if made.end_us is not None and made.end_us < now_us:
        yield OVER.format(at=from_us(made.end_us))
        return
    if made.jitter_us:
        following = upcoming(made, now_us, now_us, 2)
        if len(following) > 1 and (distance_us := following[1] - following[0]) < made.jitter_us:
            then = SKIPPED if made.overlap is Overlap.SKIP else MEET
            yield SPREAD.format(jitter=_span(made.jitter_us), distance=_span(distance_us), then=then)


def _span(us: int) -> timedelta:
    return us * MICROSECOND
