"""What is a cron expression and what is refused, with the character and the advice."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.model.cron import MACROS, TEXT_MAX_CHARS, Cron, parse
from headway.model.cron_days import LAST
from headway.model.errors import CronInvalid, OptionInvalid


def bits(values):
    return sum(1 << value for value in values)


def refusal(text, **more):
    with pytest.raises(CronInvalid) as caught:
        parse(text, **more)
    return caught.value


# -- what is read ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", [0]),
        ("00", [0]),
        ("59", [59]),
        ("1,2,3", [1, 2, 3]),
        ("*", range(60)),
        ("?", range(60)),
        ("*/1", range(60)),
        ("*/15", [0, 15, 30, 45]),
        ("?/30", [0, 30]),
        ("5/15", [5, 20, 35, 50]),
        ("5-7", [5, 6, 7]),
        ("0-20/10", [0, 10, 20]),
        ("57-2", [57, 58, 59, 0, 1, 2]),
        ("45-15/10", [45, 55, 5, 15]),
        ("30,45-55/5,1", [1, 30, 45, 50, 55]),
        ("7-7", [7]),
        ("*/59", [0, 59]),
    ],
)
def test_seconds_and_minutes(text, expected):
    assert bits(expected) == parse(f"{text} * * * *").mask.minutes
    assert bits(expected) == parse(f"{text} 0 * * * *").mask.seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [("23-1", [23, 0, 1]), ("*/6", [0, 6, 12, 18]), ("1/6", [1, 7, 13, 19]), ("20-6/5", [20, 1, 6]), ("*/23", [0, 23])],
)
def test_hours(text, expected):
    assert bits(expected) == parse(f"0 {text} * * *").mask.hours


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("JAN", [1]),
        ("jan,Dec", [1, 12]),
        ("DEC-FEB", [12, 1, 2]),
        ("10-3/2", [10, 12, 2]),
        ("nov-2/3", [11, 2]),
        ("*/5", [1, 6, 11]),
        ("2/3", [2, 5, 8, 11]),
        ("12", [12]),
    ],
)
def test_months(text, expected):
    assert bits(expected) == parse(f"0 0 1 {text} *").mask.months


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", [0]),
        ("7", [0]),
        ("SUN", [0]),
        ("sat", [6]),
        ("1-5", [1, 2, 3, 4, 5]),
        ("MON-FRI", [1, 2, 3, 4, 5]),
        ("FRI-MON", [5, 6, 0, 1]),
        ("FRI-SUN", [5, 6, 0]),
        ("5-7", [5, 6, 0]),
        ("7-2", [0, 1, 2]),
        ("0-7", range(7)),
        ("1-7", range(7)),
        ("*/2", [0, 2, 4, 6]),
        ("1/2", [1, 3, 5, 0]),
        ("6-2/2", [6, 1]),
        ("*/7", [0]),
        ("?", range(7)),
    ],
)
def test_weekdays(text, expected):
    days = parse(f"0 0 * * {text}").mask.days
    assert (bits(expected), 0) == (days.weekdays, days.nth)


@pytest.mark.parametrize(
    ("text", "from_end", "nearest"),
    [("L", 0, False), ("l", 0, False), ("L-0", 0, False), ("L-30", 30, False), ("LW", 0, True), ("L-5w", 5, True)],
)
def test_the_last_day(text, from_end, nearest):
    days = parse(f"0 0 {text} * *").mask.days
    assert (from_end, nearest) == (days.from_end, days.nearest_weekday)


@pytest.mark.parametrize(("text", "day"), [("1W", 1), ("15W", 15), ("31w", 31), ("07W", 7)])
def test_the_nearest_weekday(text, day):
    days = parse(f"0 0 {text} * *").mask.days
    assert (1 << day, None, True) == (days.days, days.from_end, days.nearest_weekday)


@pytest.mark.parametrize(
    ("text", "weekday", "nth"),
    [
        ("5L", 5, LAST),
        ("FRIL", 5, LAST),
        ("fril", 5, LAST),
        ("7L", 0, LAST),
        ("MON#2", 1, 2),
        ("0#5", 0, 5),
        ("7#1", 0, 1),
    ],
)
def test_one_weekday_of_the_month(text, weekday, nth):
    days = parse(f"0 0 * * {text}").mask.days
    assert (1 << weekday, nth) == (days.weekdays, days.nth)


@pytest.mark.parametrize("macro", sorted(MACROS))
def test_a_macro_is_what_it_stands_for(macro):
    meant, cron = parse(MACROS[macro]), parse(f" {macro.upper()}\t")
    assert (meant.mask, meant.is_interval_based) == (cron.mask, cron.is_interval_based)
    assert cron.text == f" {macro.upper()}\t"


def test_blanks_do_not_count_and_the_text_stays():
    cron = parse("  0\t9   * *  MON ")
    assert cron.text == "  0\t9   * *  MON "
    assert cron.mask == parse("0 9 * * 1").mask


def test_an_expression_does_not_change():
    with pytest.raises(FrozenInstanceError):
        parse("* * * * *").text = ""
    assert parse("0 0 * * 7").mask == parse("0 0 * * SUN").mask
    assert isinstance(hash(parse("@daily")), int)


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("* * * * *", True),
        ("30 * * * *", True),
        ("* 1 * * *", True),
        ("? 1 * * *", True),
        ("0,5 0/10 1 * * *", True),
        ("*/10 0 1 * * *", True),
        ("30 1-2 * * *", True),
        ("30 1,2-2 * * *", True),
        ("30 1,2/9 * * *", True),
        ("30 1 * * *", False),
        ("0,45 1,2 * * *", False),
        ("0 30 1 */2 1-6 MON-FRI", False),
        ("H H * * *", False),
        ("H(0-29) H * * *", False),
        ("H/15 1 * * *", True),
        ("@daily", False),
        ("@hourly", True),
    ],
)
def test_interval_based_is_what_has_a_star_a_range_or_a_step_in_its_time(text, interval):
    assert interval is parse(text, seed="reports").is_interval_based


# -- H ---------------------------------------------------------------------------------------------------------------


def test_h_is_one_value_chosen_by_the_seed_and_the_same_for_good():
    # These numbers are a promise: a schedule must not move because of an upgrade.
    mask = parse("H H H H H H", seed="nightly-report").mask
    days = mask.days
    chosen = [
        one.bit_length() - 1 for one in (mask.seconds, mask.minutes, mask.hours, days.days, mask.months, days.weekdays)
    ]
    assert chosen == [0, 4, 23, 14, 12, 6]


def test_h_is_the_same_in_another_process():
    program = "from headway.model.cron import parse; print(parse('H H(9-17) * * *', seed='x').mask)"
    seen = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert seen == {f"{parse('H H(9-17) * * *', seed='x').mask}\n"}


def test_h_spreads_schedules():
    minutes = {parse("H * * * *", seed=f"schedule {number}").mask.minutes for number in range(500)}
    assert len(minutes) > 50


@given(st.text(max_size=20))
def test_h_stays_within_its_range(seed):
    mask = parse("H(10-12) H(9-17)/2 H H H", seed=seed).mask
    assert mask.minutes in {1 << 10, 1 << 11, 1 << 12}
    assert mask.hours in {bits(range(9, 18, 2)), bits(range(10, 18, 2))}
    assert mask.days.days < 1 << 29
    assert mask.days.weekdays < 1 << 7
    assert parse("h/15 * * * *", seed=seed).mask.minutes in {bits(range(begin, 60, 15)) for begin in range(15)}
    assert parse("0 0 H/10 * *", seed=seed).mask.days.days in {bits(range(1 + begin, 29, 10)) for begin in range(10)}
    assert parse("0 0 * * H(MON-FRI)", seed=seed).mask.days.weekdays in {1 << day for day in range(1, 6)}


def test_a_macro_does_not_depend_on_the_seed():
    assert parse("@daily", seed="a").mask == parse("@daily", seed="b").mask


# -- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("", 0, "cannot be empty: write 5 fields"),
        (" \t ", 0, "cannot be empty"),
        ("* * * *", 7, "it has 4 fields: write 5 fields (minute, hour, day of month, month, day of week), 6 with"),
        ("*", 1, "it has 1 field:"),
        ("0 0 12 * * ? 2026", 13, "it has 7 fields"),
        ("60 * * * *", 0, "60 is out of range: the minute is 0 to 59"),
        ("60 * * * * *", 0, "60 is out of range: the second is 0 to 59"),
        ("0 24 * * *", 2, "24 is out of range: the hour is 0 to 23"),
        ("0 0 0 * *", 4, "0 is out of range: the day of month is 1 to 31, or L"),
        ("0 0 32 * *", 4, "32 is out of range"),
        ("0 0 10-32 * *", 7, "32 is out of range"),
        ("0 0 * 0 *", 6, "0 is out of range: the month is 1 to 12 or JAN to DEC"),
        ("0 0 * 13 *", 6, "13 is out of range"),
        ("0 0 * * 8", 8, "8 is out of range: the day of week is 0 to 7 (0 and 7 are Sunday) or SUN to SAT"),
        ("000 * * * *", 0, "000 is out of range"),
        (f"{'9' * 50} * * * *", 0, f"{'9' * 20} is out of range"),
        ("-1 * * * *", 0, "'-' cannot stand here: the minute is 0 to 59"),
        ("5- * * * *", 2, "a value is missing here: the minute is 0 to 59"),
        (", * * * *", 0, "a value is missing here"),
        ("1,,2 * * * *", 2, "a value is missing here"),
        ("1, * * * *", 2, "a value is missing here"),
        ("1-2-3 * * * *", 3, "'-' cannot stand here"),
        ("1/2/3 * * * *", 3, "'/' cannot stand here"),
        ("*/0 * * * *", 2, "a step of the minute is a number from 1 to 59, not '0'"),
        ("*/60 * * * *", 2, "a step of the minute is a number from 1 to 59, not '60'"),
        ("* 1/24 * * *", 4, "a step of the hour is a number from 1 to 23"),
        ("* * * */13 *", 8, "a step of the month is a number from 1 to 12"),
        ("*/ * * * *", 2, "not nothing"),
        ("1/k * * * *", 2, "not 'k'"),
        ("1/2147483648 * * * *", 2, "not '2147483648'"),
        ("1k * * * *", 1, "'k' cannot stand here"),
        ("*,5 * * * *", 0, "* stands alone or with a step, never in a list or a range"),
        ("5,* * * * *", 2, "* stands alone"),
        ("*-5 * * * *", 1, "'-' cannot stand here"),
        ("** * * * *", 1, "* stands alone"),
        ("? 5,? * * *", 4, "? stands alone"),
        ("5,H * * * *", 2, "H stands alone"),
        ("H,5 * * * *", 0, "H stands alone"),
        ("H-5 * * * *", 1, "'-' cannot stand here"),
        ("H(5) * * * *", 3, "write H(0-29) or H"),
        ("H( * * * *", 2, "a value is missing here"),
        ("H(5-1) * * * *", 4, "the range of H ends before it begins"),
        ("H(1-5 * * * *", 5, "write ) here"),
        ("H(1-60) * * * *", 4, "60 is out of range"),
        ("H(1-5)/6 * * * *", 7, "a step of the minute is a number from 1 to 5"),
        ("H/0 * * * *", 2, "a step of the minute"),
        ("0 0 H/29 * *", 6, "a number from 1 to 28"),
        ("L * * * *", 0, "L has no meaning in the minute: it belongs to the days"),
        ("* 5W * * *", 3, "W has no meaning in the hour"),
        ("0 0 1 L *", 6, "L has no meaning in the month"),
        ("0 0 * * L", 8, "L stands alone: L, L-3 or LW as day of month, FRIL as day of week"),
        ("0 0 L,5 * *", 4, "L stands alone"),
        ("0 0 5,L * *", 6, "L stands alone"),
        ("0 0 5L * *", 5, "L stands alone"),
        ("0 0 1LW * *", 5, "L stands alone"),
        ("0 0 L-31 * *", 6, "the distance from the last day is a number from 0 to 30, not '31'"),
        ("0 0 L- * *", 6, "not nothing"),
        ("0 0 L3 * *", 5, "'3' cannot stand here"),
        ("0 0 LWW * *", 6, "W stands behind a single day of month"),
        ("0 0 W * *", 4, "W stands behind a single day of month and nothing else: 15W, LW"),
        ("0 0 1-2W * *", 7, "W stands behind a single day"),
        ("0 0 1,2W * *", 7, "W stands behind a single day"),
        ("0 0 2W,1 * *", 5, "W stands behind a single day"),
        ("0 0 1/2W * *", 7, "W stands behind a single day"),
        ("0 0 32W * *", 4, "32 is out of range"),
        ("0 0 * * 5W", 9, "W stands behind a single day of month"),
        ("0 0 * * MON#6", 12, "the number behind # is a number from 1 to 5, not '6'"),
        ("0 0 * * MON#0", 12, "from 1 to 5"),
        ("0 0 * * MON#", 12, "not nothing"),
        ("0 0 * * #1", 8, "# stands between"),
        ("0 0 * * MON#1,FRI#2", 11, "# stands between"),
        ("0 0 * * FRIL,MON", 11, "L stands alone"),
        ("0 0 * * MON,FRIL", 15, "L stands alone"),
        ("0 0 5#1 * *", 5, "# stands between"),
        ("0 0 * * *#1", 8, "* stands alone"),
        ("0 0 * * MONDAY", 11, "names have three letters: write MON"),
        ("0 0 * JANUARY *", 9, "names have three letters: write JAN"),
        ("0 0 * * MO", 8, "'MO' cannot stand here: the day of week is 0 to 7"),
        ("0 0 * MON *", 6, "'MON' cannot stand here: the month is 1 to 12 or JAN to DEC"),
        ("MON * * * *", 0, "'MON' cannot stand here: the minute is 0 to 59"),
        ("* * * * FOO", 8, "'FOO' cannot stand here"),
        ("٣ * * * *", 0, "cannot stand here: the minute is 0 to 59"),
        ("1² * * * *", 1, "cannot stand here"),
        ("*\0 * * * *", 1, r"'\x00' cannot stand here"),
        ("* * * *\n*", 9, "it has 4 fields"),
        ("* * * * *\n", 9, r"'\n' cannot stand here"),
        ("1.5 * * * *", 1, "'.' cannot stand here"),
        ("1 ; * * *", 2, "';' cannot stand here"),
        ("@dayly", 0, "there is no '@dayly': did you mean @daily?"),
        ("@reboot", 0, "there is no '@reboot': there are @every_second, @every_minute, @hourly"),
        ("@", 0, "there is no '@'"),
        ("@every 5m", 0, "there is no '@every'"),
        ("@daily @daily", 7, "@daily stands alone: it means 0 0 * * *"),
        ("* * @daily * *", 4, "'@' cannot stand here"),
    ],
)
def test_what_is_wrong_is_refused_at_its_character_with_advice(text, position, says):
    error = refusal(text)
    assert (text, position) == (error.text, error.position)
    assert says in str(error)
    assert isinstance(error, OptionInvalid)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0 0 30 2 *", "none of its months has such a day; L is the last day of a month"),
        ("0 0 31 FEB,APR,JUN,SEP,NOV *", "none of its months has such a day"),
        ("0 0 31W 4 *", "none of its months has such a day"),
        ("0 0 L-29 2 *", "none of its months has such a day"),
        ("0 0 L-30 2,4 *", "none of its months has such a day"),
        ("* * 2 * MON#5", "day of month and day of week must both match, and no day does; leave one of them *"),
        ("0 0 15W * SAT", "no day does"),
        ("0 0 1-7 * FRIL", "no day does"),
        ("0 0 8 * MON#1", "no day does"),
        ("0 0 L * TUE#4", ""),
    ],
)
def test_what_never_comes_is_refused(text, says):
    if not says:  # the 28th is the last of February and its fourth weekday
        assert parse(text).mask.can_come
        return
    error = refusal(text)
    assert "it never comes" in str(error)
    assert says in str(error)
    assert error.position == 4


@pytest.mark.parametrize("text", ["0 0 29 2 MON", "0 0 L-28 2 SUN", "0 0 * 2 SAT#5", "0 0 31W 12 MON", "0 0 29W 2 THU"])
def test_what_comes_once_in_decades_is_taken(text):
    assert parse(text).mask.can_come


def test_the_length_has_a_limit():
    longest = "0 0 * * *" + " " * (TEXT_MAX_CHARS - 9)
    assert parse(longest).text == longest
    error = refusal(longest + " ")
    assert (TEXT_MAX_CHARS, f"has {TEXT_MAX_CHARS + 1} characters, the limit is {TEXT_MAX_CHARS}" in str(error)) == (
        error.position,
        True,
    )
    assert len(str(refusal("9" * 1_000_000))) < 200


@pytest.mark.parametrize("value", [None, 5, b"* * * * *", ["*"]])
def test_only_text_is_an_expression(value):
    assert "must be a str" in str(refusal(value))


def test_a_caret_stands_below_the_character():
    first, text, caret = str(refusal("0 0 * \x1b[2J 1-5")).split("\n")
    assert first.startswith(
        r"the cron expression '0 0 * \x1b[2J 1-5' cannot be: in the month, '\x1b' cannot stand here"
    )
    assert "\x1b" not in first + text
    assert text[len(caret) - 1] == "\N{REPLACEMENT CHARACTER}"


SIGNS = st.text(alphabet="*?,-/#LWH()@ \t0123456789abcdMONFRIJAN\n\0٣", max_size=30)


@settings(max_examples=500, deadline=None)
@given(SIGNS | st.text(max_size=40) | st.lists(SIGNS, min_size=5, max_size=6).map(" ".join))
def test_random_text_is_read_or_refused_and_nothing_else(text):
    cron = error = None
    try:
        cron = parse(text, seed=text)
    except CronInvalid as refused:
        error = refused
    if cron is None:
        assert (error.text, True) == (text, 0 <= error.position <= len(text))
    else:
        assert isinstance(cron, Cron)
        assert cron.text == text
        assert parse(text, seed=text) == cron


# -- warnings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("* * * * *", []),
        ("0 0 13 * *", []),
        ("0 0 * * FRI", []),
        ("0 0 1-31 * FRI", []),
        ("0 0 13 * 0-6", []),
        ("0 0 L * *", []),
        ("*/15 */6 * * *", []),
        ("0 0 13 * FRI", ["both match, unlike in Vixie cron"]),
        ("0 0 L * MON#4", ["both match, unlike in Vixie cron"]),
        ("*/45 * * * *", ["*/45 is not every 45 minutes: behind minute 45 it begins anew at 0"]),
        ("*/07 */5 * * *", ["*/07 is not every 7 minutes", "*/5 is not every 5 hours: behind hour 20"]),
        ("?/25 0 0 * * *", ["?/25 is not every 25 seconds: behind second 50"]),
        ("0 0 31 * *", ["months without a day 31 (FEB, APR, JUN, SEP, NOV) are passed over; L is the last day"]),
        ("0 0 30 * *", ["months without a day 30 (FEB) are passed over"]),
        ("0 0 29 2 *", ["months without a day 29 (FEB in most years) are passed over"]),
        ("0 0 31 1,3 *", []),
        ("0 0 28,31 * *", []),
    ],
)
def test_what_was_probably_not_meant_is_said(text, expected):
    found = parse(text).warnings
    assert len(expected) == len(found), found
    assert all(words in warning for words, warning in zip(expected, found, strict=True))
