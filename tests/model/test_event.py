"""What hooks are told of an attempt's end, and when there is nothing to tell."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from headway.model.event import EventKind, JobEvent, event_of
from headway.model.job import State
from headway.model.outcome import Budget, Ending, EndKind, ErrorText, Settlement, decide
from tests.run.stage import Claims

NOW_US = 1_800_000_000_000_000
NOW = datetime.fromtimestamp(NOW_US / 1e6, UTC)
ERROR = ErrorText("ValueError", "no", "Traceback ...")


def settled(kind: EndKind, *, retries: int = 0, **fields: Any) -> Settlement:
    ending = Ending(1, 3, kind, NOW_US, NOW_US, **fields)
    return decide(Budget(tries=0, crashes=0, retries=retries), ending)


def told(settlement: Settlement, state: State | None = None) -> JobEvent | None:
    claim = Claims()("shop.send", epoch=3, tries=1, crashes=1, queue="mail")
    return event_of(claim, settlement, settlement.state if state is None else state, NOW_US, frozenset(EventKind))


def test_a_final_failure_is_told_with_the_job_and_its_error() -> None:
    assert told(settled(EndKind.RAISED, error=ERROR, reason="no")) == JobEvent(
        kind=EventKind.FAILED,
        id=1,
        epoch=3,
        ref_id="ref-1",
        name="shop.send",
        queue="mail",
        attempt=3,
        reason="no",
        error_type="ValueError",
        message="no",
        traceback="Traceback ...",
    )


@pytest.mark.parametrize(
    ("kind", "code"), [(EndKind.RAISED, None), (EndKind.TIMED_OUT, "timeout"), (EndKind.CRASHED, "crashed")]
)
def test_an_attempt_that_will_be_retried_is_told_with_its_due_moment(kind: EndKind, code: str | None) -> None:
    settlement = settled(kind, retries=1, delay_us=5_000_000)
    event = told(settlement)
    assert event is not None
    assert (event.kind, event.code) == (EventKind.RETRYING, code)
    assert event.due == NOW + timedelta(microseconds=settlement.due_delay_us)


@pytest.mark.parametrize("kind", [EndKind.SNOOZED, EndKind.RELEASED, EndKind.SUSPECT])
def test_what_is_no_end_is_not_told(kind: EndKind) -> None:
    assert told(settled(kind)) is None


def test_a_success_is_told_without_its_value() -> None:
    event = told(settled(EndKind.RETURNED, result="5"))
    assert event is not None
    assert (event.kind, event.attempt, event.message) == (EventKind.COMPLETED, 3, None)


def test_nothing_is_made_for_a_kind_that_nobody_listens_to() -> None:
    settlement = settled(EndKind.RAISED)
    claim = Claims()("shop.send")
    assert event_of(claim, settlement, settlement.state, NOW_US, frozenset({EventKind.CANCELLED})) is None


def test_a_cancellation_that_won_over_a_success_is_told_as_one() -> None:
    event = told(settled(EndKind.RETURNED, code="result_omitted"), State.CANCELLED)
    assert event is not None
    assert (event.kind, event.code, event.error_type) == (EventKind.CANCELLED, "cancelled", None)


def test_a_cancellation_that_won_over_a_failure_does_not_carry_its_error() -> None:
    event = told(settled(EndKind.RAISED, error=ERROR), State.CANCELLED)
    assert event is not None
    assert (event.kind, event.message, event.due) == (EventKind.CANCELLED, None, None)


def test_an_event_travels_to_a_host_process_as_it_is() -> None:
    event = told(settled(EndKind.RAISED, retries=1, error=ERROR, delay_us=1))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(event), type=JobEvent) == event
