"""Batches as values: what their counts amount to."""

import pytest

from headway.model.batch import BatchRow, BatchState, status_in, status_of, with_status
from headway.model.job import State


def row(**facts: object) -> BatchRow:
    return BatchRow(**({"id": 7, "app": "default", "name": "b", "created_us": 1} | facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({"sealed_us": None}, None),
        ({}, State.COMPLETED),
        ({"jobs": 3, "completed": 2}, None),
        ({"jobs": 3, "completed": 2, "skipped": 1}, State.COMPLETED),
        ({"jobs": 3, "completed": 1, "failed": 1, "cancelled": 1}, State.FAILED),
        ({"jobs": 3, "completed": 2, "cancelled": 1}, State.CANCELLED),
        ({"jobs": 1, "completed": 1, "cancel_us": 5}, State.CANCELLED),
        ({"jobs": 1, "failed": 1, "cancel_us": 5}, State.FAILED),
        ({"jobs": 1, "completed": 1, "batches": 1}, None),
        ({"batches": 2, "batches_completed": 2}, State.COMPLETED),
        ({"batches": 2, "batches_completed": 1, "batches_failed": 1}, State.FAILED),
        ({"batches": 2, "batches_completed": 1, "batches_cancelled": 1}, State.CANCELLED),
    ],
)
def test_a_batch_is_judged_by_its_counts(facts: dict[str, object], outcome: State | None) -> None:
    assert row(**({"sealed_us": 3} | facts)).judge() is outcome


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({}, BatchState.OPEN),
        ({"sealed_us": 3}, BatchState.RUNNING),
        ({"sealed_us": 3, "cancel_us": 3}, BatchState.CANCELLING),
        ({"sealed_us": 3, "outcome": State.COMPLETED}, BatchState.COMPLETED),
        ({"sealed_us": 3, "outcome": State.FAILED, "cancel_us": 3}, BatchState.FAILED),
        ({"sealed_us": 3, "outcome": State.CANCELLED}, BatchState.CANCELLED),
    ],
)
def test_its_state_follows(facts: dict[str, object], state: BatchState) -> None:
    assert row(**facts).state is state
    assert status_of(row(**facts)).is_final is (state.value in {"completed", "failed", "cancelled"})


@pytest.mark.parametrize(
    ("facts", "progress"),
    [
        ({"jobs": 4, "completed": 1}, None),
        ({"jobs": 4, "completed": 1, "expected": 8}, 0.125),
        ({"jobs": 4, "completed": 1, "failed": 1, "expected": 8, "sealed_us": 1}, 0.5),
        ({"sealed_us": 1}, 1.0),
        ({"expected": 0}, 1.0),
    ],
)
def test_progress_is_known_where_the_number_of_jobs_is(facts: dict[str, object], progress: float | None) -> None:
    assert status_of(row(**facts)).progress == progress


def test_a_callback_carries_its_batch_beside_its_own_facts() -> None:
    ended = row(sealed_us=2, finished_us=3, outcome=State.FAILED, jobs=1, failed=1)
    for extras in (None, '{"args":{"batch":"mine"}}'):
        carried = with_status(extras, ended)
        assert status_in(carried) == status_of(ended)
    assert [status_in(extras) for extras in (None, '{"args":{}}', '{"args":{"batch":"mine"}}')] == [None] * 3
