"""More than a thousand questions whose answers a slow and independent method wrote down (cron_table.py), and random ones."""

from __future__ import annotations

import csv
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.model.cron import parse
from headway.model.errors import CronInvalid
from tests.model.cron_slow import MONTHS, WEEKDAYS, following, zone_of
from tests.model.cron_table import ALWAYS, CHANGED, COUNT, FILE, YEARS, changes, last_day

EPOCH = datetime.fromisoformat("1970-01-01")
MICROSECOND = timedelta(microseconds=1)
SAMPLE = 48


def rows():
    with FILE.open(encoding="utf-8", newline="") as file:
        return [
            (row["expression"], row["zone"], at(row["start"]), [at(one) for one in row["next"].split()])
            for row in csv.DictReader(file)
        ]


def at(text):
    return datetime.fromisoformat(text)


def us(moment):
    return (moment - EPOCH) // MICROSECOND


def fast(text, zone, start, count=COUNT):
    cron, now, found = parse(text), us(start), []
    while len(found) < count and (now := cron.after(now, zone)) is not None:
        found.append(EPOCH + now * MICROSECOND)
    return found


def test_every_answer_of_the_table_is_the_calculators():
    table = rows()
    wrong = [
        (text, name, start, expected, found)
        for text, name, start, expected in table
        if expected != (found := fast(text, zone_of(name), start))
    ]
    assert wrong == []
    assert len(table) > 1000


def test_the_table_asks_about_every_change_of_five_years():
    asked = {(name, start.date()) for _, name, start, _ in rows()}
    for name in ALWAYS:
        turns = [turn for turn, _, _ in changes(name, *YEARS)]
        assert len(turns) == 2 * (YEARS[1] - YEARS[0])
        assert all((name, (turn - timedelta(seconds=1)).date()) in asked for turn in turns)
    assert {name for name, _, _ in CHANGED} <= {name for name, _ in asked}


def test_the_last_instant_is_the_inverse_of_the_next_one():
    for text, name, start, expected in rows():
        cron, zone = parse(text), zone_of(name)
        for one, other in zip([start, *expected], expected, strict=False):
            assert cron.before(us(other), zone) == us(other), (text, name, other)
            assert cron.before(us(other) - 1, zone) in {us(one), cron.before(us(start), zone)}, (text, name, other)


@pytest.mark.parametrize("part", range(4))
def test_the_slow_method_still_gives_a_sample_of_the_table(part):
    for text, name, start, expected in random.Random(part).sample(rows(), SAMPLE // 4):
        assert expected == following(text, name, start, COUNT, last_day(start)), (text, name, start)


def test_two_rows_of_the_table_are_as_a_person_would_say_them():
    table = {(text, name, start): expected for text, name, start, expected in rows()}
    # Berlin goes forward at 01:00 UTC: half past two is the first instant behind the gap.
    spring = table["30 2 * * *", "Europe/Berlin", at("2026-03-29T00:59:59")]
    assert spring[:2] == [at("2026-03-29T01:00:00"), at("2026-03-30T00:30:00")]
    autumn = table["30 2 * * *", "Europe/Berlin", at("2026-10-23T22:00:00")]
    assert autumn[1:3] == [at("2026-10-25T00:30:00"), at("2026-10-26T01:30:00")]


# -- random ----------------------------------------------------------------------------------------------------------


def field(low, high, names=()):
    number = st.integers(low, high).map(str)
    value = number | st.sampled_from(names) if names else number
    span = st.tuples(value, value).map("-".join)
    step = st.integers(1, high).map(str)
    item = value | span | st.tuples(value | span, step).map("/".join)
    return st.just("*") | step.map("*/{}".format) | value | item | st.lists(item, min_size=1, max_size=3).map(",".join)


SECONDS = st.just("0") | field(0, 59)
DAYS_OF_MONTH = (
    st.just("*")
    | field(1, 31)
    | st.sampled_from(["?", "L", "LW"])
    | st.integers(0, 30).map("L-{}".format)
    | st.integers(0, 20).map("L-{}W".format)
    | st.integers(1, 31).map("{}W".format)
)
A_WEEKDAY = st.integers(0, 7).map(str) | st.sampled_from(WEEKDAYS)
DAYS_OF_WEEK = (
    st.just("*")
    | field(0, 7, WEEKDAYS)
    | A_WEEKDAY.map("{}L".format)
    | st.tuples(A_WEEKDAY, st.integers(1, 5)).map(lambda both: f"{both[0]}#{both[1]}")
)
EXPRESSIONS = st.tuples(
    SECONDS, field(0, 59), field(0, 23), DAYS_OF_MONTH, st.just("*") | field(1, 12, MONTHS), DAYS_OF_WEEK
).map(" ".join)
NAMES = [*ALWAYS, *(name for name, _, _ in CHANGED), "UTC", "Asia/Kathmandu", "America/St_Johns"]
TURNS = [(name, turn) for name, begin, end in CHANGED for turn, _, _ in changes(name, begin, end)]
NEAR_A_TURN = st.tuples(st.sampled_from(TURNS), st.integers(-200_000, 200_000)).map(
    lambda pair: (pair[0][0], pair[0][1] + timedelta(seconds=pair[1]))
)
ANYWHERE = st.tuples(
    st.sampled_from(NAMES), st.datetimes(at("1980-01-01"), at("2090-01-01")).map(lambda one: one.replace(microsecond=0))
)
PLACES = NEAR_A_TURN | ANYWHERE


def readable(text):
    try:
        return parse(text)
    except CronInvalid as refused:
        if "never comes" not in str(refused):
            raise
        return None


@settings(max_examples=60, deadline=None)
@given(EXPRESSIONS, PLACES)
def test_the_calculator_agrees_with_the_slow_method_over_a_few_days(text, place):
    name, start = place
    if readable(text) is None:
        assert following(text, name, start, 1, (start + timedelta(days=500)).date()) == []
        return
    end = start + timedelta(days=2)
    beyond = (end + timedelta(days=1)).date()  # the zone's day may be a day ahead
    expected = [one for one in following(text, name, start, COUNT, beyond) if one < end]
    found = [one for one in fast(text, zone_of(name), start) if one < end]
    assert expected == found


@settings(max_examples=200, deadline=None)
@given(EXPRESSIONS, PLACES)
def test_the_next_instant_is_later_and_the_last_at_or_before_it_is_itself(text, place):
    name, start = place
    cron, zone = readable(text), zone_of(name)
    if cron is None:
        return
    now = us(start)
    for _ in range(5):
        following_us = cron.after(now, zone)
        assert following_us > now
        assert cron.before(following_us, zone) == following_us
        assert following_us % 1_000_000 == 0
        last = cron.before(following_us - 1, zone)
        assert last <= now
        assert cron.after(last, zone) == following_us
        now = following_us


@settings(max_examples=200, deadline=None)
@given(EXPRESSIONS, PLACES)
def test_nothing_lies_between_the_last_instant_and_the_next(text, place):
    name, start = place
    cron, zone = readable(text), zone_of(name)
    if cron is None:
        return
    now = us(start)
    last, coming = cron.before(now, zone), cron.after(now, zone)
    assert last <= now < coming
    assert cron.after(last, zone) == coming
    assert cron.before(coming - 1, zone) == last


def test_a_zone_is_read_from_the_locked_package():
    assert datetime(2026, 7, 1, tzinfo=UTC).astimezone(zone_of("Europe/Berlin")).hour == 2
