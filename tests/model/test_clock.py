"""The clock: exact conversion, and sources that go forward."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.model.clock import BOOT_ID_UNKNOWN, SystemClock, from_us, to_us
from headway.model.errors import OptionInvalid

zones = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31), timezones=zones))  # noqa: DTZ001
def test_a_moment_survives_microseconds_exactly(moment):
    back = from_us(to_us(moment))
    assert moment == back
    assert timedelta(0) == back.utcoffset()


def test_the_epoch_is_zero():
    assert to_us(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert to_us(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1


def test_a_naive_datetime_is_refused_and_the_way_out_is_said():
    with pytest.raises(OptionInvalid, match="has no time zone") as caught:
        to_us(datetime(2026, 1, 1))  # noqa: DTZ001
    assert "tzinfo=" in str(caught.value)


def test_the_wall_clock_is_the_systems():
    before = datetime.now(UTC)
    now = from_us(SystemClock().now_us())
    after = datetime.now(UTC)
    assert before - timedelta(milliseconds=1) <= now <= after


def test_boot_and_monotonic_clocks_never_go_back():
    clock = SystemClock()
    boots = [clock.boot_us() for _ in range(100)]
    assert sorted(boots) == boots
    assert clock.monotonic() <= clock.monotonic()


def test_the_boot_id_is_the_same_for_every_clock_of_this_boot():
    one, other = SystemClock(), SystemClock()
    assert one.boot_id() == other.boot_id() == one.boot_id()
    if sys.platform == "linux":
        assert one.boot_id() in {Path("/proc/sys/kernel/random/boot_id").read_text().strip(), BOOT_ID_UNKNOWN}
