"""What an expression means, as a sentence: good for the usual ones, true for all."""

from __future__ import annotations

from contextlib import suppress
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.model.cron import parse
from headway.model.errors import CronInvalid
from headway.view.cron_words import in_words
from headway.view.number_words import counted, cycle, joined, ordinal, round_run, spans, values_of

SENTENCES = [
    ("* * * * *", "Every minute"),
    ("*/5 * * * *", "Every 5 minutes"),
    ("5/15 * * * *", "Every 15 minutes from minute 5"),
    ("*/7 * * * *", "At every 7th minute from 0 through 56 of every hour"),
    ("0 * * * *", "Every hour"),
    ("15 * * * *", "Every hour at minute 15"),
    ("0,30 * * * *", "Every 30 minutes"),
    ("0,20 * * * *", "At minutes 0 and 20 of every hour"),
    ("10-20 * * * *", "At minutes 10 to 20 of every hour"),
    ("0 2 * * *", "At 02:00"),
    ("30 9 * * MON-FRI", "At 09:30, Monday to Friday"),
    ("0 9,17 * * *", "At 09:00 and 17:00"),
    ("0 9-17 * * MON-FRI", "Every hour from 09:00 through 17:00, Monday to Friday"),
    ("30 9-17 * * *", "Every hour from 09:30 through 17:30"),
    ("*/15 9-17 * * MON-FRI", "Every 15 minutes from 09:00 through 17:45, Monday to Friday"),
    ("5/15 9-17 * * *", "Every 15 minutes from 09:05 through 17:50"),
    ("* 2 * * *", "Every minute from 02:00 through 02:59"),
    ("*/15 22-3 * * *", "Every 15 minutes from 22:00 through 03:45"),
    ("*/15 */2 * * *", "Every 15 minutes, in every 2nd hour from 0 through 22"),
    ("0 */2 * * *", "Every 2 hours"),
    ("30 */2 * * *", "Every 2 hours from 00:30"),
    ("0 1/2 * * *", "Every 2 hours from 01:00"),
    ("0 */6 * * *", "Every 6 hours"),
    ("0 */7 * * *", "At 00:00, 07:00, 14:00 and 21:00"),
    ("0 */12 * * *", "At 00:00 and 12:00"),
    ("0,20 9-17 * * *", "At minutes 0 and 20 of the hours 9 to 17"),
    ("0,20 8,10,12,15,19 * * *", "At minutes 0 and 20 of the hours 8, 10, 12, 15 and 19"),
    ("0 0 L * *", "At 00:00 on the last day of the month"),
    ("0 0 L-1 * *", "At 00:00 1 day before the last day of the month"),
    ("0 0 L-3 * *", "At 00:00 3 days before the last day of the month"),
    ("0 0 LW * *", "At 00:00 on the last weekday (Monday to Friday) of the month"),
    (
        "0 0 L-5W * *",
        "At 00:00 on the weekday (Monday to Friday) nearest to the day 5 days before the last day of the month",
    ),
    ("0 0 15W * *", "At 00:00 on the weekday (Monday to Friday) nearest to day 15 of the month"),
    ("0 0 1 * *", "At 00:00 on day 1 of the month"),
    ("0 0 1,15 * *", "At 00:00 on days 1 and 15 of the month"),
    ("0 0 1-7 * *", "At 00:00 on days 1 to 7 of the month"),
    ("0 0 */2 * *", "At 00:00 on every 2nd day from 1 through 31 of the month"),
    ("0 0 1-7 * MON", "At 00:00 on days 1 to 7 of the month if that is a Monday"),
    ("0 0 13 * FRI", "At 00:00 on day 13 of the month if that is a Friday"),
    ("0 0 13 * SAT,SUN", "At 00:00 on day 13 of the month if that is a Saturday or Sunday"),
    ("0 0 13 * MON-FRI", "At 00:00 on day 13 of the month if that is Monday to Friday"),
    ("0 0 8-14 * MON#2", "At 00:00 on days 8 to 14 of the month if that is the second Monday of the month"),
    ("0 0 L * FRIL", "At 00:00 on the last day of the month if that is the last Friday of the month"),
    ("0 0 * * FRIL", "At 00:00 on the last Friday of the month"),
    ("0 0 * * MON#2", "At 00:00 on the second Monday of the month"),
    ("0 0 * 11 FRIL", "At 00:00 on the last Friday of November"),
    ("0 0 * 1,7 FRIL", "At 00:00 on the last Friday of the month in January and July"),
    ("0 0 * DEC-FEB *", "At 00:00, every day from December to February"),
    ("0 0 * 1 *", "At 00:00, every day in January"),
    ("0 0 * */2 *", "At 00:00, every day in January, March, May, July, September and November"),
    ("0 0 * * SUN", "At 00:00 on Sunday"),
    ("0 0 * * SAT,SUN", "At 00:00 on Saturday and Sunday"),
    ("0 0 * * FRI-MON", "At 00:00, Friday to Monday"),
    ("0 0 1 1 *", "At 00:00 on day 1 of January"),
    ("0 0 31 12 FRI", "At 00:00 on day 31 of December if that is a Friday"),
    ("@every_second", "Every second"),
    ("@every_minute", "Every minute"),
    ("@hourly", "Every hour"),
    ("@weekly", "At 00:00 on Sunday"),
    ("@monthly", "At 00:00 on day 1 of the month"),
    ("@yearly", "At 00:00 on day 1 of January"),
    ("*/10 * * * * *", "Every 10 seconds"),
    ("30 * * * * *", "Every minute at second 30"),
    ("5/10 * * * * *", "Every 10 seconds from second 5"),
    ("0,7 * * * * *", "At seconds 0 and 7 of every minute"),
    ("30 0 2 * * *", "At 02:00:30"),
    ("30 15 * * * *", "Every hour at minute 15, second 30"),
    ("30 */5 * * * *", "At second 30, in every 5th minute from 0 through 55 of every hour"),
    ("*/10 0-4 9-17 * * *", "Every 10 seconds, in minutes 0 to 4, in the hours 9 to 17"),
    ("* * 9 * * *", "Every second, in hour 9"),
    ("* 0 * * * *", "Every second, in minute 0 of every hour"),
    ("0 30 9 * * *", "At 09:30"),
    ("15,45 30 9 * * *", "At 09:30:15 and 09:30:45"),
    ("*/20 30 9 * * *", "At 09:30:00, 09:30:20 and 09:30:40"),
    ("*/10 30 9 * * *", "At 09:30:00, 09:30:10, 09:30:20, 09:30:30, 09:30:40 and 09:30:50"),
    ("* 30 9 * * *", "Every second, in minute 30, in hour 9"),
    ("0 0 1-31/10 * *", "At 00:00 on every 10th day from 1 through 31 of the month"),
    ("59 23 31 12 *", "At 23:59 on day 31 of December"),
    ("*/30 * 1 6-8 MON-FRI", "Every 30 minutes on day 1 of the month if that is Monday to Friday from June to August"),
]


@pytest.mark.parametrize(("text", "expected"), SENTENCES)
def test_a_sentence(text, expected):
    assert expected == in_words(parse(text))


def test_it_is_the_same_however_it_is_written():
    assert in_words(parse("0 9-17 * * 1-5")) == in_words(parse("0 9,10-17/1 ? * mon-FRI"))
    assert in_words(parse("@daily")) == in_words(parse("0 0 * * *"))
    assert in_words(parse("H 3 * * *", seed="x")) == in_words(
        parse(f"{values_of(parse('H 3 * * *', seed='x').mask.minutes)[0]} 3 * * *")
    )


# -- different expressions are never told alike: what would be wrong for one of them would be so told ---------------------


TIMES = [
    "*",
    "0",
    "15",
    "0,30",
    "15,45",
    "10-20",
    "10-20,40",
    "50-10",
    "*/5",
    "*/7",
    "2/5",
    "3/7",
    "1-2",
    "1,3,5,7",
    "0,20",
]
HOURS = [
    "*",
    "0",
    "2",
    "23",
    "0,12",
    "9-17",
    "9-11",
    "22-3",
    "23-0",
    "*/2",
    "1/2",
    "*/5",
    "*/6",
    "2,5,9,10,11,20",
    "1-23",
]
NUMBERS = ["*", "1", "31", "1,15", "1-7", "25-5", "*/2", "2/3", "L", "L-1", "L-3", "LW", "L-3W", "1W", "15W"]
MONTHS = ["*", "1", "DEC", "1,7", "6-8", "DEC-FEB", "*/2", "*/3", "1-11"]
WEEKDAYS = [
    "*",
    "SUN",
    "MON",
    "MON-FRI",
    "SAT,SUN",
    "FRI-MON",
    "*/2",
    "1,3,5",
    "MON#1",
    "MON#2",
    "FRIL",
    "SUNL",
    "MON-SAT",
]


@pytest.mark.parametrize(
    "texts",
    [
        [f"{second} {minute} {hour} * * *" for second, minute, hour in product(TIMES, TIMES, HOURS)],
        [f"30 9 {day} {month} {weekday}" for day, month, weekday in product(NUMBERS, MONTHS, WEEKDAYS)],
        [
            f"{minute} {hour} {day} * {weekday}"
            for minute, hour, day, weekday in product(TIMES[:4], HOURS[:6], NUMBERS, WEEKDAYS)
        ],
    ],
    ids=["times", "days", "both"],
)
def test_two_expressions_that_differ_are_told_apart(texts):
    told = {}
    for text in texts:
        with suppress(CronInvalid):  # some never come
            cron = parse(text)
            other = told.setdefault(in_words(cron), cron)
            assert other.mask == cron.mask, (in_words(cron), text, other.text)
    assert len(told) > 1000


@settings(max_examples=300, deadline=None)
@given(
    st.sets(st.integers(0, 59), min_size=1),
    st.sets(st.integers(0, 23), min_size=1),
    st.sets(st.integers(1, 12), min_size=1),
)
def test_whatever_it_is_there_is_one_line_about_it(minutes, hours, months):
    fields = [",".join(map(str, sorted(values))) for values in (minutes, hours, months)]
    words = in_words(parse(f"{fields[0]} {fields[1]} 1 {fields[2]} *"))
    assert words.isprintable()
    assert words.startswith(("At ", "Every "))
    assert "  " not in words


# -- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([5], "minute 5"),
        ([0, 15, 40], "minutes 0, 15 and 40"),
        ([5, 6], "minutes 5 and 6"),
        ([5, 6, 7], "minutes 5 to 7"),
        ([1, 2, 3, 9, 20, 21], "minutes 1 to 3, 9, 20 and 21"),
        ([1, 3, 5], "minutes 1, 3 and 5"),
        ([1, 3, 5, 7], "every 2nd minute from 1 through 7"),
        ([0, 23, 46], "minutes 0, 23 and 46"),
    ],
)
def test_some_minutes(values, expected):
    assert expected == counted(values, "minute")


def test_ordinals():
    assert [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 22, 33)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "33rd",
    ]  # fmt: skip


def test_lists_and_bits():
    assert [joined(["a"]), joined(["a", "b"], "or"), joined(["a", "b", "c"])] == ["a", "a or b", "a, b and c"]
    assert values_of(0b100101) == (0, 2, 5)
    assert spans([0, 1, 3, 4, 5]) == ["0", "1", "3 to 5"]


def test_a_cycle_goes_round_without_a_break():
    assert [cycle(values, 60) for values in ([0, 30], [15, 45], [0, 20], [30], range(60))] == [30, 30, 0, 0, 1]
    assert cycle([0, 7, 14, 21], 24) == 0


def test_a_run_may_go_over_the_end():
    assert [round_run(values, 1, 12) for values in ([3, 4], [1, 2, 12], [1, 12], [1, 3], [2, 12], [1, 5, 12])] == [
        (3, 4), (12, 2), (12, 1), None, None, None,
    ]  # fmt: skip
