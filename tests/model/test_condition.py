"""The table of conditions, and what it says of every mix of outcomes."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.model.condition import Condition, Next, as_bits, from_bits, next_step, read_condition, why_skipped
from headway.model.job import FINAL, State

COMPLETED, FAILED, CANCELLED, SKIPPED = State.COMPLETED, State.FAILED, State.CANCELLED, State.SKIPPED
RUN, SKIP, CANCEL = Next.RUN, Next.SKIP, Next.CANCEL
TABLE = {
    None: {COMPLETED: RUN, FAILED: CANCEL, CANCELLED: CANCEL, SKIPPED: CANCEL},
    Condition.SUCCESS: {COMPLETED: RUN, FAILED: SKIP, CANCELLED: SKIP, SKIPPED: SKIP},
    Condition.FAILURE: {COMPLETED: SKIP, FAILED: RUN, CANCELLED: SKIP, SKIPPED: SKIP},
    Condition.CANCELLED: {COMPLETED: SKIP, FAILED: SKIP, CANCELLED: RUN, SKIPPED: SKIP},
    Condition.FAILURE_OR_CANCELLED: {COMPLETED: SKIP, FAILED: RUN, CANCELLED: RUN, SKIPPED: SKIP},
    Condition.FINISHED: {COMPLETED: RUN, FAILED: RUN, CANCELLED: RUN, SKIPPED: RUN},
}
ANY = st.sampled_from([None, *Condition])
OUTCOMES = st.lists(st.sampled_from(sorted(FINAL)), max_size=6)


@pytest.mark.parametrize(("condition", "outcome"), list(itertools.product(TABLE, sorted(FINAL))))
def test_one_parent(condition, outcome):
    assert next_step(condition, {outcome}, 0) is TABLE[condition][outcome]


@pytest.mark.parametrize("condition", [None, *Condition])
def test_nothing_has_ended(condition):
    assert next_step(condition, (), 2) is Next.WAIT


@given(condition=ANY, ended=OUTCOMES, still_open=st.integers(0, 3))
def test_of_several_the_first_bad_one_decides_for_success_and_the_last_one_for_all_others(condition, ended, still_open):
    step = next_step(condition, ended, still_open)
    runs = [TABLE[condition][outcome] is RUN for outcome in ended]
    if condition in {None, Condition.SUCCESS}:
        assert (step in {SKIP, CANCEL}) == (not all(runs))
        assert (step is Next.WAIT) == (all(runs) and still_open > 0)
    else:
        assert (step is Next.WAIT) == (still_open > 0)
        assert (step is RUN) == (still_open == 0 and any(runs))
    assert step is not CANCEL or condition is None


@given(condition=ANY, ended=OUTCOMES, still_open=st.integers(0, 3))
def test_only_which_outcomes_there_were_matters(condition, ended, still_open):
    assert next_step(condition, from_bits(as_bits(ended)), still_open) is next_step(condition, ended, still_open)
    assert from_bits(as_bits(ended)) == set(ended)


def test_a_condition_is_read_from_its_text():
    assert read_condition(None) is None
    assert [read_condition(one.value) for one in Condition] == list(Condition)
    assert read_condition("of a newer version") is Condition.SUCCESS


def test_the_reason_of_a_skipped_job_names_what_was_wanted_and_what_came():
    words = why_skipped(Condition.FAILURE_OR_CANCELLED, {SKIPPED, COMPLETED})
    assert words == "it runs on failure or cancelled of what it waited for, and that ended completed, skipped"
    assert why_skipped(None, {FAILED}) == "it runs on success of what it waited for, and that ended failed"
