"""What becomes of the instants of a schedule that have come: which run, which were missed, and which is next. Pure.

Of several that have come by one look only the latest can be on time: the others were missed.

Each instant is judged once. What was judged is never judged again, whatever the clock does, with one exception: a
range that was passed over, because the clock was ahead, is open again when the clock was set back before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Final

import msgspec

from headway.model.schedule import Definition, Misfire, Standing
from headway.model.timeline import Timeline
from headway.model.timetable import IntervalTable

COUNTED_MAX: Final = 200
"""Instants of a cron schedule that were passed over are counted so far; beyond, their number is "at least": counting holds
up all who write."""
SMALL_STEP_US: Final = 10_000_000
"""A clock that is set back by less leaves intervals where they are, as long as none waits for more than twice its time."""


class Passed(msgspec.Struct, frozen=True, gc=False):
    """Instants that do not run."""

    from_us: int
    until_us: int
    """The last of them."""
    count: int
    is_least: bool = False
    """There were more than were counted."""


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What becomes of the instants that have come."""

    runs: tuple[int, ...]
    """These run, in this order."""
    late: int
    """So many of them, from the front, were missed and are made up for."""
    passed: Passed | None
    next_us: int | None
    """None: it is over."""
    judged_us: int


def judge(definition: Definition, standing: Standing, now_us: int, open_again: Sequence[Passed] = ()) -> Verdict:
    """Judge every instant from the next one up to now.

    `open_again`: the ranges ahead of now that were passed over, oldest first; they are asked for only where the clock
    was set back, so that the next instant lies in one.
    """
    timeline = Timeline(definition, standing.anchor_us)
    first, until_us = standing.next_us, now_us
    if first <= standing.judged_us:
        until_us = min((one.until_us for one in open_again if one.from_us <= first <= one.until_us), default=first)
        until_us = min(until_us, now_us)
    following = timeline.after(first)
    is_alone = following is None or following > until_us
    if is_alone:  # as nearly always: then nothing has to be looked for backwards
        until_us = first
    runs, late = _runs(definition, timeline, first, until_us, now_us)
    last = _latest(timeline, until_us, first) or first
    if definition.max_runs is not None:
        left = max(0, definition.max_runs - standing.run_count)
        if 0 < left < len(runs):  # whether these start is known when they are stored: the rest stays due until then
            last = runs[left - 1]
        runs = runs[:left]
        late = min(late, len(runs))
    judged_us = max(standing.judged_us, last)
    is_open = is_alone and (following is None or following > judged_us)
    over = definition.max_runs is not None and standing.run_count + len(runs) >= definition.max_runs
    return Verdict(
        runs=runs,
        late=late,
        passed=_passed(timeline, first, last, runs),
        next_us=None if over else following if is_open else next_open(timeline, last, judged_us, open_again),
        judged_us=judged_us,
    )


def next_open(timeline: Timeline, after_us: int, judged_us: int, open_again: Sequence[Passed] = ()) -> int | None:
    """The first instant after a moment that was not judged, or is open again."""
    found = timeline.after(after_us)
    if found is None or found > judged_us:
        return found
    for one in open_again:
        again = timeline.after(max(after_us, one.from_us - 1))
        if again is not None and again <= one.until_us:
            return again
    return timeline.after(judged_us)


def set_back(definition: Definition, standing: Standing, now_us: int, open_again: Sequence[Passed]) -> Standing:
    """How a schedule stands after the clock was set back.

    A cron schedule goes on with its first instant that was not judged, also if it came between the step and this look.
    An interval means time that passes, not a moment by the clock: where the next one would be further away than one
    interval, and the step is no small one, it is counted from now.
    """
    table = definition.timetable
    if isinstance(table, IntervalTable):
        if standing.next_us - now_us <= table.every_us + min(table.every_us, SMALL_STEP_US):
            return standing
        anchored = msgspec.structs.replace(standing, anchor_us=now_us, judged_us=now_us)
        found = Timeline(definition, now_us).after(now_us)
        return anchored if found is None else msgspec.structs.replace(anchored, next_us=found)
    timeline = Timeline(definition, standing.anchor_us)
    found = next_open(timeline, now_us - SMALL_STEP_US, standing.judged_us, open_again)
    return standing if found is None else msgspec.structs.replace(standing, next_us=min(found, standing.next_us))


def _latest(timeline: Timeline, us: int, first: int) -> int | None:
    """The last instant up to a moment, back to the first one that is to be judged, whatever made that one due."""
    if us <= first:
        return first if us == first else None
    found = timeline.latest(us)
    return first if found is None else max(first, found)


def _runs(
    definition: Definition, timeline: Timeline, first: int, until_us: int, now_us: int
) -> tuple[tuple[int, ...], int]:
    """Which instants run, oldest first, and how many of them are late: all but the newest, if that is on time."""
    found = _latest(timeline, until_us, first)
    if found is None:
        return (), 0
    is_punctual = found >= now_us - definition.misfire_grace_us
    oldest_us = first if definition.misfire_age_us is None else max(first, now_us - definition.misfire_age_us)
    runs = [found] if is_punctual else []
    if definition.misfire is Misfire.ONCE and not runs and found >= oldest_us:
        runs = [found]
    if definition.misfire is Misfire.ALL:
        following = _latest(timeline, found - 1, first) if is_punctual else found
        while following is not None and following >= oldest_us and len(runs) < definition.misfire_limit:
            runs.append(following)
            following = _latest(timeline, following - 1, first)
    return tuple(reversed(runs)), len(runs) - is_punctual


def _passed(timeline: Timeline, first: int, last: int, runs: Sequence[int]) -> Passed | None:
    """What does not run: everything before the first run, or everything."""
    until = last if not runs else _latest(timeline, runs[0] - 1, first)
    if until is None:
        return None
    return passed_over(timeline, first, until)


def passed_over(timeline: Timeline, first: int, until: int) -> Passed:
    """The range from one instant to another, with its count as far as that goes."""
    exact = timeline.between(first, until)
    if exact is not None:
        return Passed(first, until, 1 + exact)
    count, at = 1, first
    while at < until and count < COUNTED_MAX:
        following = timeline.after(at)
        if following is None:
            break
        at, count = following, count + 1
    return Passed(first, until, count, at < until)


def upcoming(
    definition: Definition, after_us: int, anchor_us: int, count: int, until_us: float = inf
) -> tuple[int, ...]:
    """The next instants after a moment, as far as there are so many before another."""
    timeline = Timeline(definition, anchor_us)
    found: list[int] = []
    following = timeline.after(after_us)
    while following is not None and following < until_us and len(found) < count:
        found.append(following)
        following = timeline.after(following)
    return tuple(found)
