"""The next runs of schedules along one line of time: a row for each schedule, a dot for each run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from typing import Final

from headway.model.clock import to_us
from headway.view import words
from headway.web.charts.figure import Label, Numbers, Words
from headway.web.charts.scale import percent

DOTS_MAX: Final = 60
"""More runs than these in the time shown are drawn as one line."""
HOURS: Final = (1, 3, 6, 12, 24, 72, 168)
"""The lengths of time that may be shown."""
WANTED: Final = 3
"""The time shown is the shortest in which so many schedules run,"""
ROWS_MAX: Final = 8
MARKS: Final = 6
HOUR_US: Final = 3_600 * words.SECOND_US
DAY_HOURS: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """A schedule and its next instants, as many as there are up to `DOTS_MAX` + 1."""

    name: str
    instants: tuple[int, ...]
    when: str = ""
    """Its timetable in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AheadRow:
    """One schedule."""

    name: str
    dots: tuple[str, ...]
    """Where its runs lie; none where they are too many to be told apart."""
    band: tuple[str, str] | None
    """From where on it runs without end to be seen, and how wide that is."""
    next_us: int
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AheadChart:
    """The whole picture."""

    words: Words
    rows: tuple[AheadRow, ...]
    labels: tuple[Label, ...]
    hours: int
    is_movable: bool
    """Whether its labels can be told by other clocks."""
    more: int
    """So many schedules that run in this time have no row."""


def ahead_chart(given: Iterable[Upcoming], *, now_us: int, zone: tzinfo) -> AheadChart | None:
    """The picture of the next runs, the soonest first; None where nothing is due within the longest time shown."""
    due = sorted((one for one in given if one.instants), key=lambda one: (one.instants[0], one.name))
    hours = hours_shown([one.instants[0] for one in due], now_us)
    until_us = now_us + hours * HOUR_US
    within = [one for one in due if one.instants[0] < until_us]
    if not within:
        return None
    rows = tuple(_row(one, now_us, until_us) for one in within[:ROWS_MAX])
    span = f"{hours} hours" if hours <= DAY_HOURS else f"{hours // DAY_HOURS} days"
    return AheadChart(
        words=Words(
            title=f"Scheduled runs of the next {'hour' if hours == 1 else span}",
            told=f"{words.count(len(within), 'schedule')}; next is {within[0].name}, {words.age(within[0].instants[0], now_us)}.",
            numbers=Numbers(
                columns=("Schedule", "Next run", "When"),
                rows=tuple((one.name, words.moment(one.instants[0], zone), one.when) for one in within[:ROWS_MAX]),
            ),
        ),
        rows=rows,
        labels=_labels(now_us, hours, zone),
        is_movable=_step(hours) < timedelta(days=1),
        hours=hours,
        more=len(within) - len(rows),
    )


def hours_shown(firsts: Sequence[int], now_us: int) -> int:
    """The shortest time in which so many run as there are, or as are wanted."""
    wanted = firsts[: min(WANTED, len(firsts))]
    last = wanted[-1] if wanted else now_us
    return next((hours for hours in HOURS if last < now_us + hours * HOUR_US), HOURS[-1])


def _row(one: Upcoming, now_us: int, until_us: int) -> AheadRow:
    shown = [at for at in one.instants if at < until_us]
    span = until_us - now_us

    def place(at: int) -> str:
        return percent((at - now_us) / span)

    dense = len(shown) > DOTS_MAX
    return AheadRow(
        name=one.name,
        dots=() if dense else tuple(place(at) for at in shown),
        band=(place(shown[0]), percent(1 - (shown[0] - now_us) / span)) if dense else None,
        next_us=one.instants[0],
        told=f"{one.name}: {'many runs' if dense else words.count(len(shown), 'run')}, the next {words.age(shown[0], now_us)}",
    )


def _labels(now_us: int, hours: int, zone: tzinfo) -> tuple[Label, ...]:
    """Round moments along the line, after the one that is now."""
    step = _step(hours)
    begin = words.local(now_us, zone)
    whole = begin.replace(minute=0, second=0, microsecond=0)
    if step < timedelta(hours=1):
        at = whole + step * ((begin - whole) // step + 1)
    else:
        midnight = whole.replace(hour=0)
        at = midnight + step * ((begin - midnight) // step + 1)
    end, found = begin + timedelta(hours=hours), [Label(x="0%", text="now", anchor="start")]
    while at < end:
        share = (at - begin) / timedelta(hours=hours)
        if 0.18 < share < 0.97:  # noqa: PLR2004 - no text over "now", none that runs out of the picture
            if step >= timedelta(days=1):
                found.append(Label(x=percent(share), text=f"{at:%a} {at.day}"))
            else:
                found.append(Label(x=percent(share), text=f"{at:%H:%M}", at_us=to_us(at)))
        at += step
    return tuple(found)


def _step(hours: int) -> timedelta:
    wanted = timedelta(hours=hours) / MARKS
    for minutes in (10, 15, 30, 60, 120, 240, 360, 720):
        if timedelta(minutes=minutes) >= wanted:
            return timedelta(minutes=minutes)
    return timedelta(days=1)
