from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.model.clock import to_us
from headway.model.job import State
from headway.view import words
from tests.view.rows import MINUTE, NOW_US, SECOND, job_row


@pytest.mark.parametrize(
    ("span_us", "said"),
    [
        (0, "0 s"),
        (7, "7 µs"),
        (450_000, "450 ms"),
        (7_240_000, "7.2 s"),
        (8_000_000, "8 s"),
        (59 * SECOND, "59 s"),
        (80 * SECOND, "1 min 20 s"),
        (2 * 3600 * SECOND, "2 h"),
        (2 * 3600 * SECOND + 5 * MINUTE + 9 * SECOND, "2 h 5 min"),
        (76 * 3600 * SECOND, "3 d 4 h"),
        (-90 * SECOND, "-1 min 30 s"),
    ],
)
def test_a_duration_is_said_in_at_most_two_units(span_us, said):
    assert said == words.duration(span_us)


@pytest.mark.parametrize(
    ("before_us", "said"),
    [
        (0, "just now"),
        (3 * MINUTE + 59 * SECOND, "3 min 59 s ago"),
        (3 * MINUTE, "3 min ago"),
        (1_900_000, "1 s ago"),
        (-20 * SECOND, "in 20 s"),
        (-(2 * 60 + 59) * MINUTE, "in 2 h 59 min"),
        (-(4 * MINUTE + 10 * SECOND), "in 4 min 10 s"),
        (24 * 60 * MINUTE - SECOND, "23 h 59 min ago"),
        (24 * 60 * MINUTE, "1 d ago"),
        (50 * 60 * MINUTE, "2 d ago"),
    ],
)
def test_an_age_is_said_in_two_units_below_a_day_and_in_days_from_there(before_us, said):
    assert said == words.age(NOW_US - before_us, NOW_US)


def test_a_moment_is_shown_in_its_zone_and_written_in_utc():
    at = to_us(datetime(2026, 11, 22, 3, 4, 5, 600, tzinfo=UTC))
    assert words.moment(at, timezone(timedelta(hours=2))) == "2026-11-22 05:04:05"
    assert words.utc(at) == "2026-11-22T03:04:05.000600Z"


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_every_stored_moment_can_be_said(at_us):
    assert words.moment(at_us)
    assert words.utc(at_us).endswith("Z")
    assert words.age(at_us, NOW_US)


@pytest.mark.parametrize(("fraction", "shown"), [(0.0, 0), (0.999, 99), (1.0, 100), (0.5, 50), (-1.0, 0)])
def test_percent_says_100_only_at_the_end(fraction, shown):
    assert shown == words.percent(fraction)


def test_progress_joins_share_and_message():
    assert words.progress(job_row(fraction=0.4, message="checking")) == "40 % checking"
    assert words.progress(job_row(status="warming up")) == "warming up"
    assert words.progress(job_row()) == ""


def test_a_running_job_has_taken_the_time_until_now():
    running = job_row(state=State.RUNNING, started_us=NOW_US - 80 * SECOND)
    assert words.took(running, NOW_US) == "1 min 20 s"
    ended = job_row(state=State.COMPLETED, started_us=NOW_US - 80 * SECOND, finished_us=NOW_US - 78 * SECOND)
    assert words.took(ended, NOW_US) == "2 s"


def test_a_job_whose_clock_was_set_back_has_taken_nothing():
    row = job_row(state=State.FAILED, started_us=NOW_US, finished_us=NOW_US - MINUTE)
    assert words.took(row, NOW_US) == ""


def test_what_could_steer_a_terminal_becomes_visible():
    assert words.visible("a\x1b[31mb\nc\u202e") == "a\N{REPLACEMENT CHARACTER}[31mb c\N{REPLACEMENT CHARACTER}"


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_a_cut_text_is_one_printable_line_within_its_width(text, width):
    line = words.cut(text, width)
    assert len(line) <= width
    assert line.isprintable()


@given(st.text())
def test_safe_lines_keep_only_line_breaks(text):
    assert words.safe_lines(text).replace("\n", "").isprintable()


def test_numbers_are_grouped_and_nouns_counted():
    assert words.count(1, "job") == "1 job"
    assert words.count(1200, "job") == "1 200 jobs"
