"""Explicit outcomes: what a snooze may ask for."""

from datetime import UTC, datetime, timedelta

import pytest

from headway.model.errors import OptionInvalid
from headway.model.result import Snooze
from headway.model.retry import DELAY_MAX


@pytest.mark.parametrize("delay", [timedelta(seconds=-1), DELAY_MAX + timedelta(seconds=1), timedelta.max])
def test_a_snooze_that_no_store_could_hold_is_refused_where_it_is_made(delay: timedelta) -> None:
    with pytest.raises(OptionInvalid, match="Snooze"):
        Snooze(delay)


def test_a_snooze_takes_a_number_of_seconds_for_a_mistake() -> None:
    with pytest.raises(OptionInvalid, match="must be a timedelta"):
        Snooze(5)  # type: ignore[arg-type]


def test_a_snooze_is_a_delay_or_the_time_until_a_moment() -> None:
    moment = datetime(2027, 1, 1, tzinfo=UTC)
    now_us = int(moment.timestamp() * 1e6) - 7
    assert Snooze(DELAY_MAX).delay_us(0) == DELAY_MAX // timedelta(microseconds=1)
    assert Snooze(until=moment).delay_us(now_us) == 7
    assert Snooze(until=moment).delay_us(now_us + 100) == 0
