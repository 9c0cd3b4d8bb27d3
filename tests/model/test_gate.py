"""Gates, rates and ageing as values: how much room is left, shared over groups, and in which order jobs come."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.model.ageing import AGEING_AFTER_US, AGEING_STEP_US, lift, order
from headway.model.errors import OptionInvalid
from headway.model.gate import (
    UNBOUNDED,
    GateKind,
    HandlerGate,
    Load,
    QueueGate,
    Rooms,
    StartLog,
    is_counted,
    log_name,
    opening,
    rate_room,
    rates,
)
from headway.model.handler import HandlerInfo, OnInterrupt, RunIn
from headway.model.rate import Rate, Window

MAIL, OTHER = ("mail", "send"), ("mail", "other")
RATE = Window(3, 60)


def rooms(*, running: dict[tuple[str, str], int] | None = None, **queue: object) -> Rooms:
    gate = QueueGate(queue="mail", **queue)  # type: ignore[arg-type]
    handlers = {"send": HandlerGate(("send", "old"), 4, None)}
    logs = {log_name(GateKind.QUEUE_RATE, "mail"): StartLog(10, 8)}
    return Rooms(Load(queues={"mail": gate}, handlers=handlers, running=running or {}, logs=logs))


def test_without_a_gate_there_is_room_for_everything() -> None:
    assert rooms().room(("elsewhere", "other")) == UNBOUNDED
    assert rooms().bounds(OTHER) == ()


def test_the_smallest_room_counts_and_each_gate_is_shared_by_its_groups() -> None:
    found = rooms(size=3, running={MAIL: 1})
    assert (found.room(MAIL), found.room(OTHER), found.room(("x", "send"))) == (2, 2, 3)
    found.take(OTHER)
    found.take(MAIL)
    assert (found.room(MAIL), found.room(OTHER), found.room(("x", "send"))) == (0, 0, 2)
    assert [bound.kind for bound in found.closed(MAIL)] == [GateKind.QUEUE_SIZE]


def test_more_running_than_the_size_is_no_room_and_no_debt() -> None:
    assert rooms(size=3, running={OTHER: 9}).room(OTHER) == 0


def test_only_rate_limits_that_let_something_through_have_something_to_remember() -> None:
    found = rooms(rate=RATE, size=9)
    assert found.room(MAIL) == 1
    assert found.started() == []
    found.start(MAIL)
    assert [(bound.kind, bound.taken) for bound in found.started()] == [(GateKind.QUEUE_RATE, 1)]


def test_a_rate_has_room_for_what_is_not_in_its_span() -> None:
    assert [rate_room(RATE, StartLog(10, before)) for before in (10, 9, 7, 5)] == [3, 2, 0, 0]


def test_a_start_in_the_future_counts_as_now() -> None:
    assert (opening(100, 150, RATE), opening(900, 150, RATE)) == (160, 210)


def test_what_must_be_read_follows_from_the_gates_of_the_groups() -> None:
    queues = {"mail": QueueGate(queue="mail", rate=RATE), "x": QueueGate(queue="x", size=1)}
    handlers = {"old": HandlerGate(("send", "old"), None, RATE)}
    assert set(rates([("mail", "old"), ("x", "y")], queues, handlers)) == {"queue_rate:mail", "handler_rate:send"}
    assert is_counted(queues, {})
    assert is_counted({}, {"a": HandlerGate(("a",), 1, None)})
    assert not is_counted({"mail": queues["mail"]}, handlers)


def test_a_rate_is_stored_and_read_as_it_was() -> None:
    rate = Rate(10, per=timedelta(minutes=1))
    assert rate.window == Window(10, 60_000_000)
    assert Rate.of(rate.window) == rate


@pytest.mark.parametrize("starts", [0, -1, True, 1.5, "3", 1_000_001])
def test_a_rate_of_another_number_is_refused(starts: object) -> None:
    with pytest.raises(OptionInvalid, match="a rate must allow 1 to 1,000,000 starts"):
        Rate(starts, per=timedelta(minutes=1))  # type: ignore[arg-type]


@pytest.mark.parametrize("per", [timedelta(0), timedelta(seconds=-1), timedelta(days=32), 60])
def test_a_rate_over_another_span_is_refused(per: object) -> None:
    with pytest.raises(OptionInvalid, match="the per of a rate"):
        Rate(1, per=per)  # type: ignore[arg-type]


def info(**facts: object) -> HandlerInfo:
    return HandlerInfo(
        name="send", aliases=("old",), run_in=RunIn.LOOP, queue="mail", timeout_us=None, grace_us=1, backoff="",
        on_interrupt=OnInterrupt.RETRY, retry_on_timeout=True, timeout_cancels=False, **facts,  # type: ignore[arg-type]
    )  # fmt: skip


def test_the_facts_of_a_handler_carry_its_limits_over_a_pipe() -> None:
    sent = info(max_concurrency=2, rate=RATE)
    heard = msgspec.msgpack.decode(msgspec.msgpack.encode(sent), type=HandlerInfo)
    assert heard.gate == HandlerGate(("send", "old"), 2, RATE)
    assert info().gate is None


moments = st.integers(0, 5 * 3_600_000_000)


@given(priority=st.integers(-1000, 1000), age=moments)
def test_the_lift_is_one_level_for_each_minute_beyond_ten(priority: int, age: int) -> None:
    now = 10**15
    lifted = lift(now - age, now)
    assert lifted == max(0, (age - AGEING_AFTER_US) // AGEING_STEP_US)
    assert order((1, priority, now - age), now) == (-priority - lifted, now - age, 1)


@given(st.lists(st.tuples(st.integers(1, 99), moments), min_size=2, max_size=9, unique_by=lambda one: one[0]))
def test_within_a_level_the_lifted_order_is_that_of_due_moment_and_number(jobs: list[tuple[int, int]]) -> None:
    now = 10**15
    level = [(number, 0, now - age) for number, age in jobs]
    assert sorted(level, key=lambda job: order(job, now)) == sorted(level, key=lambda job: (job[2], job[0]))
