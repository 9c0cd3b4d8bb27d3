"""When a cron expression comes in a time zone: from matching local times to instants and back.

A local time that the clock shows once is that instant. One that it skips (clocks go forward) comes at the first
instant after the gap. One that it shows twice (clocks go back) comes the first time; an interval-based expression
comes both times.

Inside, an instant is a whole number of seconds since 1970 in UTC, a local time one of the wall clock.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from headway.model.cron_mask import YEAR_MAX, YEAR_MIN, Mask

SECOND_US: Final = 1_000_000
DAY_S: Final = 86_400
EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - of the wall clock, in no zone
INSTANT_MIN: Final = int(datetime(YEAR_MIN, 1, 2, tzinfo=UTC).timestamp())
INSTANT_MAX: Final = int(datetime(YEAR_MAX, 12, 31, tzinfo=UTC).timestamp()) - 1
"""The last second whose local time is in the calendar everywhere: 9999-12-30 23:59:59."""


def after(mask: Mask, us: int, zone: ZoneInfo, *, both: bool) -> int | None:
    """The first instant strictly after `us`, in UTC microseconds; `both`: in a repeated hour it comes twice."""
    start = max(us // SECOND_US, INSTANT_MIN)
    if start > INSTANT_MAX:
        return None
    now = datetime.fromtimestamp(start, zone)
    offset = _offset(now)
    local = start + offset + 1  # by the clock of now: what it is about to skip is found as well
    if now.fold:
        found = _after_in_second_pass(mask, local, offset, now, both=both)
    elif both and (later := _offset(now.replace(fold=1))) < offset:
        found = _after_in_first_pass(mask, local, offset, later, zone)
    else:
        found = _first(mask, local, offset, zone)
    return None if found is None or found > INSTANT_MAX else found * SECOND_US


def before(mask: Mask, us: int, zone: ZoneInfo, *, both: bool) -> int | None:
    """The last instant at or before `us`, in UTC microseconds; `both`: in a repeated hour it comes twice."""
    start = min(us // SECOND_US, INSTANT_MAX)
    if start < INSTANT_MIN:
        return None
    now = datetime.fromtimestamp(start, zone)
    offset = _offset(now)
    local = start + offset
    found = mask.last(local)
    if now.fold:
        turn, end = _second_pass(local, offset, now)
        if not both or found is None or found < turn + offset:
            found = mask.last(end - 1)
    if found is None:
        return None
    once, again = _instants(found, zone)
    instant = again if both and again <= start else once
    return instant * SECOND_US if instant >= INSTANT_MIN else None


def _after_in_second_pass(mask: Mask, local: int, offset: int, now: datetime, *, both: bool) -> int | None:
    """Within what the clock shows for the second time."""
    _, end = _second_pass(local - 1, offset, now)
    if both and (found := mask.first(local)) is not None and found < end:
        return found - offset
    return _first(mask, end, offset, _zone(now))


def _after_in_first_pass(mask: Mask, local: int, offset: int, later: int, zone: ZoneInfo) -> int | None:
    """Within what the clock will show once more, for an expression that comes both times."""
    turn = _turn(local - 1 - offset, local - 1 - later, zone)
    end = turn + offset
    if (found := mask.first(local)) is not None and found < end:
        return found - offset
    if (found := mask.first(turn + later)) is not None and found < end:
        return found - later
    return _first(mask, end, later, zone)


def _second_pass(local: int, offset: int, now: datetime) -> tuple[int, int]:
    """The instant at which a repeated stretch began for the second time, and the local time at which it ends."""
    earlier = _offset(now.replace(fold=0))
    turn = _turn(local - earlier, local - offset, _zone(now))
    return turn, turn + earlier


def _first(mask: Mask, local: int, offset: int, zone: ZoneInfo) -> int | None:
    """The instant of the first match at or after a local time; most have the offset of now, which costs one question."""
    found = mask.first(local)
    if found is None or found - offset > INSTANT_MAX:
        return None
    moment = datetime.fromtimestamp(found - offset, zone)
    if _offset(moment) == offset and not moment.fold:
        return found - offset
    return _instants(found, zone)[0]


def _instants(local: int, zone: ZoneInfo) -> tuple[int, int]:
    """When the clock shows a local time for the first and for the last time; if it skips it, the end of the gap."""
    shown = (EPOCH + timedelta(seconds=local)).replace(tzinfo=zone)
    early, late = _offset(shown), _offset(shown.replace(fold=1))
    if early >= late:
        return local - early, local - late
    turn = _turn(local - late, local - early, zone)
    return turn, turn


def _turn(before: int, after: int, zone: ZoneInfo) -> int:
    """The first instant with the offset of `after`, when `before` has another."""
    offset = _offset(datetime.fromtimestamp(after, zone))
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(datetime.fromtimestamp(middle, zone)) == offset:
            after = middle
        else:
            before = middle
    return after


def _offset(moment: datetime) -> int:
    delta = moment.utcoffset()
    assert delta is not None
    return delta.days * DAY_S + delta.seconds


def _zone(moment: datetime) -> ZoneInfo:
    zone = moment.tzinfo
    assert isinstance(zone, ZoneInfo)
    return zone
