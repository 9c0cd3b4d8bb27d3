"""How much is claimed: what can start, and a look-ahead that is short in time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.model.errors import ConfigInvalid
from headway.worker.capacity import LOOKAHEAD_MAX, Pace, Paces, asks
from headway.worker.settings import WorkerSettings

HOST = frozenset({"light"})
CHILD = frozenset({"heavy"})


def test_slow_jobs_make_no_look_ahead_and_quick_ones_a_bounded_one() -> None:
    slow, quick = Pace(), Pace()
    for second in range(20):
        slow.ended(10, float(second))
        quick.ended(1_000_000, float(second))
    assert slow.lookahead(19.0) == 0
    assert quick.lookahead(19.0) == LOOKAHEAD_MAX


def test_the_first_wave_of_quick_jobs_makes_a_look_ahead_for_the_second() -> None:
    pace = Pace()
    pace.began(100.0)
    pace.ended(100, 100.01)
    assert 200 <= pace.lookahead(100.01) <= 400


def test_waves_shorter_than_the_window_are_added_up() -> None:
    pace = Pace()
    for wave in range(10):
        pace.began(wave * 0.006)
        pace.ended(100, wave * 0.006 + 0.002)
    assert pace.lookahead(0.056) == LOOKAHEAD_MAX


def test_children_have_a_pace_of_their_own() -> None:
    paces = Paces()
    paces.began(0, 0, 5.0)
    paces.ended((100, 2), (0, 0), 5.02)
    assert paces.hosts.lookahead(5.02) > paces.children.lookahead(5.02) >= 2


def test_short_jobs_in_children_are_claimed_ahead_and_none_without_children() -> None:
    facts = {"queues": None, "concurrency": 4, "host_names": HOST, "child_names": CHILD, "by_queue": {}, "in_hosts": 4}
    found = asks(**facts, children=2, in_children=2, lookahead=0, child_lookahead=3)  # type: ignore[arg-type]
    assert [(ask.limit, ask.names) for ask in found] == [(3, CHILD)]
    assert asks(**facts, children=0, in_children=0, lookahead=0, child_lookahead=3) == ()  # type: ignore[arg-type]


def test_a_pause_without_work_does_not_count_as_slowness() -> None:
    pace = Pace()
    pace.began(0.0)
    pace.ended(100, 0.01)
    pace.began(60.0)
    pace.ended(100, 60.01)
    assert pace.lookahead(60.01) >= 200


@given(
    limits=st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(1, 20), min_size=1),
    running=st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(0, 20)),
    concurrency=st.integers(1, 30),
    lookahead=st.integers(0, 100),
)
def test_no_queue_is_asked_for_more_than_its_limit_leaves(
    limits: dict[str, int], running: dict[str, int], concurrency: int, lookahead: int
) -> None:
    found = asks(
        queues=limits,
        concurrency=concurrency,
        children=2,
        host_names=HOST,
        child_names=CHILD,
        by_queue=running,
        in_hosts=sum(running.values()),
        in_children=0,
        lookahead=lookahead,
    )
    for ask in found:
        assert ask.queues is not None
        free = limits[ask.queues[0]] - running.get(ask.queues[0], 0)
        allowed = free if len(limits) > 1 else free + lookahead
        assert 0 < ask.limit <= allowed
    room = concurrency + lookahead - sum(running.values())
    assert sum(ask.limit for ask in found if ask.names == HOST) <= max(0, room)


@pytest.mark.parametrize("wrong", [{"concurrency": 0}, {"children": -1}, {"queues": {"mail": 0}}])
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigInvalid, match="give 1 to"):
        WorkerSettings(**wrong)  # type: ignore[arg-type]


def test_a_beat_as_long_as_a_third_of_the_lease_is_refused() -> None:
    from datetime import timedelta

    with pytest.raises(ConfigInvalid, match="beat"):
        WorkerSettings(beat=timedelta(seconds=10))
    with pytest.raises(ConfigInvalid, match="margin"):
        WorkerSettings(margin=timedelta(seconds=29))


def paced(*, until: float) -> Pace:
    """A thousand a second, for a while."""
    pace = Pace()
    moment = 0.0
    while moment < until:
        pace.ended(10, moment)
        moment += 0.01
    return pace


def test_quick_jobs_make_a_look_ahead() -> None:
    pace = paced(until=1.0)
    assert 20 <= pace.lookahead(1.0) <= 40


def test_a_pace_that_is_over_makes_none_so_nothing_waits_behind_slow_jobs() -> None:
    pace = paced(until=1.0)
    assert pace.lookahead(1.1) == 0
    pace.ended(10, 1.2)
    assert pace.lookahead(1.21) > 0
