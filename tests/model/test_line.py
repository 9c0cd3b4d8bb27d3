"""Who is next in a line: the pure decisions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.model.line import (
    LIMIT_MAX,
    Candidate,
    Front,
    Key,
    Lane,
    LaneStep,
    Place,
    admit,
    is_enough,
    key_step,
    lane_step,
)
from headway.model.terms import join_terms, limit_of, rate_of


def lane(**facts: object) -> Lane:
    values: dict[str, object] = {
        "app": "a", "name": "smtp", "busy": False, "ready": None, "waiting": None, "turn": None, "turn_after": None,
        "turn_runs": False,
    }  # fmt: skip
    return Lane(**values | facts)  # type: ignore[arg-type] # each has its type above


def place(id_: int, priority: int = 0, due_us: int = 0) -> Place:
    return Place(id_, "a", "ann", 1, "default", "work", priority, due_us, laned=False)


@pytest.mark.parametrize(
    ("standing", "step"),
    [
        (lane(), LaneStep()),
        (lane(waiting=5), LaneStep(next=5)),
        (lane(ready=5, waiting=7), LaneStep(next=5)),
        (lane(ready=7, waiting=5), LaneStep(next=5, close=7)),
        (lane(busy=True, ready=7, waiting=8), LaneStep(close=7)),
        (lane(waiting=5, turn=1, turn_after=5), LaneStep(next=5)),
        (lane(waiting=6, turn=1, turn_after=5), LaneStep(turn=1)),
        (lane(ready=6, turn=1, turn_after=5), LaneStep(close=6, turn=1)),
        (lane(turn=1, turn_after=5), LaneStep(turn=1)),
        (lane(waiting=4, turn=1, turn_after=5, turn_runs=True), LaneStep()),
    ],
)
def test_of_a_named_worker_only_the_lowest_id_is_next_and_only_while_nothing_runs(
    standing: Lane, step: LaneStep
) -> None:
    assert lane_step(standing) == step


places = st.lists(
    st.tuples(st.integers(-2, 2), st.integers(0, 3)), max_size=8
).map(lambda found: [place(number, *one) for number, one in enumerate(found)])  # fmt: skip


@given(everybody=places, chosen=st.sets(st.integers(0, 7)), free=st.integers(-1, 4))
def test_the_first_of_a_group_are_ready_and_no_others(everybody: list[Place], chosen: set[int], free: int) -> None:
    ready = [one for one in everybody if one.id in chosen]
    waiting = sorted((one for one in everybody if one.id not in chosen), key=lambda one: one.order)
    enough = is_enough(ready, waiting[0] if waiting else None, free)
    seen = waiting[:1] if enough else waiting[: max(0, free)]
    step = key_step(ready, seen, free)
    after = ({one.id for one in ready} | set(step.open)) - set(step.close)
    first = sorted(everybody, key=lambda one: one.order)[: max(0, free)]
    assert after == {one.id for one in first}


def test_a_key_says_when_the_first_who_waits_is_all_there_is_to_know() -> None:
    first = Key("a", "ann", 0, 4, 1, "default", "work", 0, 0, laned=False, mixed=False)
    assert (first.is_simple, first.next) == (True, 4)
    assert first.head == place(4)
    full = Key("a", "ann", 1, 4, 1, "default", "work", 0, 0, laned=False, mixed=False)
    assert (full.is_simple, full.next) == (True, None)
    wide = Key("a", "ann", 1, 4, 3, "default", "work", 0, 0, laned=False, mixed=False)
    mixed = Key("a", "ann", 0, 4, 1, "default", "work", 0, 0, laned=False, mixed=True)
    assert (wide.is_simple, mixed.is_simple) == (False, False)
    nobody = Key("a", "ann", 1, None, None, None, None, None, None, laned=False, mixed=None)
    assert (nobody.is_simple, nobody.next, nobody.head) == (True, None, None)


def test_a_claim_takes_of_a_key_what_has_a_place() -> None:
    found = admit(
        [Candidate(6, "ann", 2), Candidate(5, "ann", 2), Candidate(4, "bob", 1)],
        [Front("ann", running=1, ready=3), Front("bob", running=0, ready=1)],
    )
    assert found.ids == {6, 4}
    assert found.unsettled == (6, 5)


def test_of_a_key_with_a_rate_no_more_are_granted_than_may_start_counted_over_all_that_have_one() -> None:
    slow, quick = join_terms(9, 1), join_terms(2, 7)
    found = admit(
        [Candidate(id_, "ann", terms) for id_, terms in enumerate([slow, quick, 9, slow, quick])],
        [Front("ann", running=0, ready=5)],
        {0: 2, 1: 3, 3: 2, 4: 3},
    )
    assert found.ids == {0, 1, 2}


def test_what_has_a_rate_is_never_taken_for_a_single_place() -> None:
    rated = Key("a", "ann", LIMIT_MAX, 4, join_terms(1, 1), "default", "work", 0, 0, laned=False, mixed=False)
    assert (rated.is_simple, rated.next) == (False, None)
    assert (limit_of(join_terms(LIMIT_MAX, 3)), rate_of(join_terms(LIMIT_MAX, 3)), rate_of(LIMIT_MAX)) == (
        LIMIT_MAX,
        3,
        0,
    )
