"""The test's own clock: it moves when it is told to, and the wall clock can be stepped apart."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from headway import OptionInvalid
from headway.model.clock import Clock
from headway.testing import FakeClock

DAY = timedelta(days=1)
START = datetime(2027, 3, 4, 5, 6, 7, tzinfo=UTC)


def test_it_stands_still_until_it_is_moved() -> None:
    clock = FakeClock(START)
    assert (clock.now(), clock.now()) == (START, START)
    clock.advance(DAY)
    assert clock.now() == START + DAY


def test_without_a_start_it_says_the_same_on_every_day() -> None:
    assert FakeClock().now() == FakeClock().now() == datetime(2030, 1, 1, 12, tzinfo=UTC)


def test_all_its_clocks_pass_together() -> None:
    clock: Clock = FakeClock(START)
    before = clock.now_us(), clock.boot_us(), clock.monotonic()
    assert isinstance(clock, FakeClock)
    clock.advance(timedelta(seconds=90))
    after = clock.now_us(), clock.boot_us(), clock.monotonic()
    assert [round(b - a, 6) for a, b in zip(before, after, strict=True)] == [90_000_000, 90_000_000, 90.0]


def test_a_step_of_the_wall_is_seen_by_the_wall_alone() -> None:
    clock = FakeClock(START)
    boot, monotonic = clock.boot_us(), clock.monotonic()
    clock.step_wall(-DAY)
    assert clock.now() == START - DAY
    assert (clock.boot_us(), clock.monotonic()) == (boot, monotonic)


def test_set_lets_time_pass_up_to_a_moment() -> None:
    clock = FakeClock(START)
    clock.set(START + DAY)
    assert clock.now() == START + DAY
    assert clock.monotonic() == FakeClock(START).monotonic() + DAY.total_seconds()


def test_time_does_not_pass_backwards() -> None:
    clock = FakeClock(START)
    with pytest.raises(OptionInvalid, match="step_wall"):
        clock.advance(-DAY)
    with pytest.raises(OptionInvalid, match="is over"):
        clock.set(START - DAY)
    assert clock.now() == START


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(OptionInvalid, match="time zone"):
        FakeClock(datetime(2027, 1, 1))  # noqa: DTZ001 - a naive one on purpose


def test_no_step_is_lost_between_threads() -> None:
    clock = FakeClock(START)

    def tick() -> None:
        for _ in range(1000):
            clock.advance(timedelta(microseconds=1))

    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert clock.now() == START + timedelta(microseconds=4000)
