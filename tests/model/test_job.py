"""The number of an attempt, from what a job's row says."""

from __future__ import annotations

from typing import Any

import pytest

from headway.model.job import JobRow, State
from tests.view.rows import MINUTE, NOW_US, job_row

RAN = {"started_us": NOW_US, "due_us": NOW_US - MINUTE, "epoch": 5}
"""It was running when this became of it."""
PAUSED = {"started_us": NOW_US, "due_us": NOW_US + MINUTE, "epoch": 5}
"""It was waiting for its next attempt."""


def row(state: State, **facts: Any) -> JobRow:
    return job_row(state=state, **facts)


@pytest.mark.parametrize(
    ("job", "attempt"),
    [
        (row(State.QUEUED, epoch=0), 0),
        (row(State.RUNNING, **RAN), 1),
        (row(State.RUNNING, tries=1, crashes=1, **RAN), 3),
        (row(State.EXECUTED, tries=1, **RAN), 2),
        (row(State.COMPLETED, tries=2, **RAN), 3),
        (row(State.SCHEDULED, tries=2, **PAUSED), 2),
        (row(State.QUEUED, tries=1, **RAN), 1),
        (row(State.FAILED, tries=3, **RAN), 3),
        (row(State.FAILED, crashes=3, code="poison", **RAN), 3),
        (row(State.FAILED, crashes=1, code="interrupted", **RAN), 1),
        (row(State.FAILED, tries=1, code="interrupted", **RAN), 2),
        (row(State.CANCELLED, epoch=0), 0),
        (row(State.CANCELLED, tries=1, code="cancelled", **RAN), 2),
        (row(State.CANCELLED, tries=1, code="cancelled", **PAUSED), 1),
        (row(State.CANCELLED, tries=1, code="timeout", **RAN), 1),
    ],
)
def test_the_number_is_what_the_latest_attempt_was_told(job: JobRow, attempt: int) -> None:
    assert job.attempt == attempt
