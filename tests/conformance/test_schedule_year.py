"""A year of schedules in every named zone: each weekly instant is fired once, also where a change of the clock skips or repeats it."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from headway.model.clock import EPOCH, MICROSECOND, to_us
from headway.model.occurrence import ref_of
from headway.model.schedule import Overlap
from headway.model.timetable import CronTable
from headway.store.protocol import JobFilter
from tests.conformance.scheduling import declare, fire, minutely, next_instant
from tests.conformance.world import World

ZONES = sorted(available_timezones() - {"localtime", "Factory"})
AT = timedelta(hours=2, minutes=30)
WEEK = timedelta(days=7)
YEAR = 365 * timedelta(days=1)
PAGE = 1000


def sundays(begin: datetime, end: datetime, zone: ZoneInfo) -> list[int]:
    """When it is half past two there on each Sunday, worked out without a cron expression; where it never is, when the gap ends."""
    found: list[int] = []
    day = begin.astimezone(zone).date() - WEEK
    day += timedelta(days=(6 - day.weekday()) % 7)
    while day < end.date() + WEEK:
        found.append(to_us(shown(day, zone)))
        day += WEEK
    return [one for one in found if to_us(begin) < one <= to_us(end)]


def shown(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of that day at which the clock there shows half past two or later."""
    moment = datetime(day.year, day.month, day.day, tzinfo=zone) + AT  # by the wall clock; of two, the first
    if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == moment.replace(tzinfo=None):
        return moment
    late = moment.astimezone(UTC) - timedelta(hours=3)
    while late.astimezone(zone).replace(tzinfo=None) < moment.replace(tzinfo=None):
        late += timedelta(minutes=1)
    return late


@pytest.mark.timeout(120)  # 31,000 jobs in 2,500 transactions
def test_a_year_of_sundays_in_every_zone_fires_each_instant_once(world: World, node: int) -> None:
    tables = {zone: CronTable("30 2 * * SUN", zone) for zone in ZONES}
    declare(world, node, *(minutely(zone, timetable=one, overlap=Overlap.ALLOW) for zone, one in tables.items()))
    begin = EPOCH + world.clock.now_us() * MICROSECOND
    end = begin + YEAR
    while (due_us := next_instant(world)) is not None and due_us <= to_us(end):
        world.clock.advance((due_us - world.clock.now_us()) / 1_000_000)
        while fire(world).more:
            pass
    fired = Counter(all_refs(world))
    wanted = Counter(ref_of(zone, one) for zone in ZONES for one in sundays(begin, end, ZoneInfo(zone)))
    assert fired == wanted
    assert len(ZONES) > 400


def all_refs(world: World) -> list[str]:
    found: list[str] = []
    before: int | None = None
    while True:
        page = world.store.reader.call(world.store.reader.page(JobFilter(), limit=PAGE, before_id=before))
        found += [row.ref_id for row in page.rows]
        before = page.next_cursor
        if before is None:
            return found
