"""Back-off: the numbers of each family, and their bounds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.model.errors import OptionInvalid
from headway.model.retry import (
    BACKOFF_DEFAULT,
    DELAY_MAX,
    Backoff,
    Delays,
    Exponential,
    Fixed,
    Linear,
    check_delay,
    delay_of,
)

S = timedelta(seconds=1)

pauses = st.timedeltas(timedelta(0), DELAY_MAX)
failures = st.one_of(st.integers(1, 50), st.integers(1, 10**30))
randoms = st.floats(0, 1, exclude_max=True)


@st.composite
def capped(draw, kind, **more):
    base, cap = sorted((draw(pauses), draw(pauses)))
    return kind(base=base, cap=cap, **{name: draw(strategy) for name, strategy in more.items()})


families = st.one_of(
    st.builds(Fixed, pauses),
    capped(Linear),
    capped(Exponential, factor=st.floats(1, 1000), jitter=st.booleans()),
    st.builds(Delays, st.lists(pauses, min_size=1, max_size=8)),
)


@pytest.mark.parametrize(
    ("backoff", "expected"),
    [
        (Fixed(3 * S), [3, 3, 3, 3]),
        (Linear(2 * S, cap=5 * S), [2, 4, 5, 5]),
        (Exponential(5 * S, cap=30 * S, jitter=False), [5, 10, 20, 30]),
        (Exponential(1 * S, factor=10, jitter=False), [1, 10, 100, 300]),
        (Delays([1 * S, 5 * S, 60 * S]), [1, 5, 60, 60]),
        (Exponential(timedelta(0), jitter=False), [0, 0, 0, 0]),
    ],
)
def test_each_family_gives_its_numbers(backoff, expected):
    assert expected == [backoff.delay(n, 0.5).total_seconds() for n in range(1, 5)]


def test_the_default_is_five_seconds_doubling_to_five_minutes_with_jitter():
    assert Exponential(base=5 * S, factor=2, cap=timedelta(minutes=5), jitter=True) == BACKOFF_DEFAULT
    assert BACKOFF_DEFAULT.delay(1, 0.0) == 2.5 * S
    assert BACKOFF_DEFAULT.delay(10**6, 0.999_999_999_9) <= timedelta(minutes=5)


@given(families, failures, randoms)
def test_no_pause_is_negative_or_beyond_its_bounds(backoff, count, random):
    delay = backoff.delay(count, random)
    assert timedelta(0) <= delay <= getattr(backoff, "cap", DELAY_MAX)


@given(capped(Exponential, factor=st.floats(1, 1000)), failures, randoms)
def test_jitter_stays_between_half_and_whole(backoff, count, random):
    whole = Exponential(backoff.base, backoff.factor, backoff.cap, jitter=False).delay(count, 0.0)
    assert whole / 2 <= backoff.delay(count, random) <= whole


@given(families)
def test_a_backoff_survives_json(backoff):
    back = Backoff.from_json(backoff.to_json())
    assert backoff == back
    assert hash(backoff) == hash(back)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"kind":"cubic"}', '{"kind":"fixed","pause":"-P1D"}', "[" * 100_000, '"\ud800"']
)
def test_other_json_is_refused(text):
    with pytest.raises(OptionInvalid):
        Backoff.from_json(text)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Fixed(-S),
        lambda: Fixed(5),
        lambda: Fixed(timedelta(days=3651)),
        lambda: Linear(base=10 * S, cap=5 * S),
        lambda: Exponential(factor=0.5),
        lambda: Exponential(factor=float("nan")),
        lambda: Exponential(factor=float("inf")),
        lambda: Exponential(factor=True),
        lambda: Exponential(factor="2"),
        lambda: Delays([]),
        lambda: Delays([S] * 101),
        lambda: Delays([S, -S]),
        lambda: Delays("abc"),
        lambda: Delays(5),
    ],
)
def test_nonsense_is_refused_when_it_is_written(make):
    with pytest.raises(OptionInvalid):
        make()


def test_a_function_is_a_backoff_and_what_it_returns_is_checked():
    assert delay_of(lambda n: n * S, 3, 0.0) == 3 * S
    assert delay_of(Fixed(S), 3, 0.0) == S
    for wrong in (lambda _: 5, lambda _: -S, lambda _: None):
        with pytest.raises(OptionInvalid, match="what the backoff function returned"):
            delay_of(wrong, 1, 0.0)
    assert check_delay("it", S) == S
