from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.view import spans

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
EAST = timezone(timedelta(hours=5))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("90s", timedelta(seconds=90)),
        ("1.5h", timedelta(minutes=90)),
        ("2h30m", timedelta(hours=2, minutes=30)),
        ("2h 30min", timedelta(hours=2, minutes=30)),
        ("250ms", timedelta(milliseconds=250)),
        ("1D", timedelta(days=1)),
        ("2w", timedelta(weeks=2)),
    ],
)
def test_a_duration_is_numbers_with_units(text, meant):
    assert meant == spans.span(text)


@pytest.mark.parametrize("text", ["", "5", "s", "5x", "5 s later", "-5s", "1e9d", "999999999w", "٣s"])
def test_what_is_no_duration_is_refused_with_an_example(text):
    with pytest.raises(spans.SpanInvalid, match=r"90s|longer than"):
        spans.span(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1d", NOW - timedelta(days=1)),
        ("now", NOW),
        ("today", datetime(2026, 11, 22, tzinfo=EAST)),
        ("yesterday", datetime(2026, 11, 21, tzinfo=EAST)),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=EAST)),
        ("2026-11-20T14:30", datetime(2026, 11, 20, 14, 30, tzinfo=EAST)),
        ("2026-11-20T14:30Z", datetime(2026, 11, 20, 14, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_is_a_distance_a_word_or_a_date_in_the_zone(text, meant):
    assert meant == spans.moment(text, now=NOW, zone=EAST)


@given(st.one_of(st.text(), st.from_regex(r"[0-9a-zA-Z:+.\- ]{0,25}")))
def test_reading_a_moment_fails_only_with_a_sentence(text):
    with suppress(spans.SpanInvalid):
        assert spans.moment(text, now=NOW).utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", ["36501d", "0001-01-01"])
def test_a_moment_outside_the_calendar_is_refused_with_a_sentence(text):
    zone = timezone(timedelta(hours=14))
    with pytest.raises(spans.SpanInvalid, match=r"outside the calendar|longer than 36500 days"):
        spans.moment(text, now=NOW, zone=zone)
