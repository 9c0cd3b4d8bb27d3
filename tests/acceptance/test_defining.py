"""Defining jobs: what can be a handler, what it may return or raise, how it is named and found."""

from __future__ import annotations

import functools
import statistics
import threading
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import BaseModel, field_validator

from headway import (
    ArgumentsInvalid,
    Cancelled,
    EnqueueVetoed,
    Failure,
    HandlerExists,
    HandlerRefused,
    JobFailed,
    Jobs,
    Permanent,
    State,
    Success,
    Worker,
)
from tests.acceptance.moments import AT_ONCE, WAIT_S, stored, until


def test_a_blocking_function_does_not_delay_a_coroutine_by_50_ms(jobs: Jobs) -> None:
    begun, release = threading.Event(), threading.Event()

    @jobs.job(name="blocks")
    def blocks() -> str:
        begun.set()
        assert release.wait(WAIT_S)
        return "a thread"

    @jobs.job(name="quick")
    async def quick() -> float:
        return time.monotonic()

    with Worker(jobs, concurrency=4):
        slow = blocks.enqueue()
        assert begun.wait(WAIT_S)
        delays = []
        for _ in range(9):
            asked = time.monotonic()
            delays.append(quick.enqueue().result(WAIT_S) - asked)
        assert slow.status().state is State.RUNNING
        release.set()
        assert slow.result(WAIT_S) == "a thread"
    assert statistics.median(delays) < 0.05


class Mailer:
    """What the container gives."""


def test_each_attempt_of_a_command_class_has_its_own_instance_with_what_its_constructor_asks_for(jobs: Jobs) -> None:
    mailer, seen = Mailer(), []
    jobs.provide(Mailer, lambda: mailer)

    @jobs.job(name="send", retries=1, backoff=AT_ONCE)
    class Send:
        def __init__(self, given: Mailer) -> None:
            self.mailer = given

        def run(self, to: str) -> str:
            seen.append(self)
            if len(seen) == 1:
                raise ConnectionError(to)
            return to

    with Worker(jobs):
        assert Send.enqueue("ann").result(WAIT_S) == "ann"
    first, second = seen
    assert first is not second
    assert first.mailer is second.mailer is mailer


class Colour(Enum):
    RED = "red"


class Line(BaseModel):
    sku: str
    price: Decimal


class Order(BaseModel):
    lines: list[Line]
    placed: datetime


@dataclass(frozen=True)
class Point:
    x: int
    y: int


def test_typed_arguments_come_back_equal_and_a_wrong_one_stores_nothing(jobs: Jobs) -> None:
    got: list[object] = []

    @jobs.job(name="typed")
    def typed(at: datetime, price: Decimal, uid: UUID, colour: Colour, order: Order, point: Point, day: date) -> None:
        got.extend([at, price, uid, colour, order, point, day])

    now = datetime(2026, 3, 1, 12, 30, 0, 5, tzinfo=UTC)
    given = (
        now,
        Decimal("10.50"),
        UUID(int=7),
        Colour.RED,
        Order(lines=[Line(sku="a", price=Decimal("1.10"))], placed=now),
        Point(1, 2),
        now.date(),
    )
    with pytest.raises(ArgumentsInvalid):
        typed.enqueue(*given[:-1], "no day")  # type: ignore[arg-type]
    assert stored(jobs) == 0
    with Worker(jobs):
        typed.enqueue(*given).result(WAIT_S)
    assert got == list(given)


def test_a_job_without_arguments_runs_and_stores_an_empty_object(jobs: Jobs) -> None:
    job = jobs.register(lambda: 3, name="bare")
    with Worker(jobs):
        ref = job.enqueue()
        assert ref.result(WAIT_S) == 3
    assert ref.detail().payload == "{}"


def test_explicit_outcomes_are_success_failure_and_cancelled(jobs: Jobs) -> None:
    well = jobs.register(lambda: Success(5, message="all sent"), name="well")
    bad = jobs.register(lambda: Failure("no paper"), name="bad", retries=1, backoff=AT_ONCE)
    off = jobs.register(lambda: Cancelled("not needed"), name="off", retries=5)
    with Worker(jobs):
        refs = [well.enqueue(), bad.enqueue(), off.enqueue()]
        states = [ref.wait(WAIT_S).state for ref in refs]
    assert states == [State.COMPLETED, State.FAILED, State.CANCELLED]
    assert refs[0].result() == 5
    assert [len(ref.detail().attempts) for ref in refs] == [1, 2, 1]
    assert [attempt.error.message for attempt in refs[1].detail().attempts if attempt.error] == ["no paper"] * 2
    assert refs[2].status().reason == "not needed"


def test_a_permanent_error_ends_the_job_at_its_first_attempt_of_five(jobs: Jobs) -> None:
    def broken() -> None:
        raise Permanent("no such customer")

    with Worker(jobs):
        ref = jobs.register(broken, name="broken", retries=4, backoff=AT_ONCE).enqueue()
        assert ref.wait(WAIT_S).state is State.FAILED
    assert len(ref.detail().attempts) == 1


def test_a_job_stored_under_an_old_name_runs_after_the_rename_with_an_alias(tmp_path: Path) -> None:
    with Jobs(tmp_path / "store", durability="relaxed") as before:
        old = before.register(lambda: 1, name="mail:old").enqueue()
    with Jobs(tmp_path / "store", durability="relaxed") as after:
        after.register(lambda: 2, name="mail:new", aliases=["mail:old"])
        with Worker(after):
            assert after.get(old.id).result(WAIT_S) == 2
        with pytest.raises(HandlerExists):
            after.register(lambda: 3, name="mail:new")
        with pytest.raises(HandlerExists):
            after.register(lambda: 3, name="mail:old")


def test_an_unknown_handler_parks_the_job_and_it_runs_after_the_deploy(tmp_path: Path) -> None:
    with Jobs(tmp_path / "store", durability="relaxed") as jobs:
        jobs.register(lambda: None, name="other")
        ref = jobs.enqueue_by_name("later", {}, allow_unknown=True)
        with Worker(jobs):
            until(lambda: ref.status().blocked == "unknown_handler", "it is parked")
        assert ref.status().state is State.QUEUED
    with Jobs(tmp_path / "store", durability="relaxed") as deployed:
        deployed.register(lambda: "here now", name="later")
        with Worker(deployed):
            assert deployed.get(ref.id).result(WAIT_S) == "here now"


def test_a_call_takes_the_handlers_defaults_and_its_own_options_win(jobs: Jobs) -> None:
    def broken() -> None:
        raise ValueError

    job = jobs.register(broken, name="broken", queue="mail", priority=7, retries=5, tags=["a"], backoff=AT_ONCE)
    with Worker(jobs):
        usual, own = job.enqueue(), job.using(retries=0).enqueue()
        usual.wait(WAIT_S)
        own.wait(WAIT_S)
    row = usual.detail().row
    assert (row.queue, row.priority, row.retries, row.tags) == ("mail", 7, 5, ("a",))
    assert (len(usual.detail().attempts), len(own.detail().attempts)) == (6, 1)


class Age(BaseModel):
    years: int

    @field_validator("years")
    @classmethod
    def _sensible(cls, years: int) -> int:
        if years > 150:
            raise ValueError("nobody is that old")
        return years


def test_arguments_that_no_longer_fit_fail_with_the_code_validation_after_one_attempt(tmp_path: Path) -> None:
    with Jobs(tmp_path / "store", durability="relaxed") as before:
        ref = before.register(lambda age: None, name="greet").enqueue({"years": 200})

    def greet(age: Age) -> None:
        raise AssertionError(age)

    with Jobs(tmp_path / "store", durability="relaxed") as after:
        after.register(greet, name="greet", retries=5, backoff=AT_ONCE)
        with Worker(after):
            status = after.get(ref.id).wait(WAIT_S)
        assert (status.state, status.code) == (State.FAILED, "validation")
        assert len(after.get(ref.id).detail().attempts) == 1


def test_a_handler_registered_while_the_worker_runs_serves_a_job_enqueued_before(jobs: Jobs) -> None:
    jobs.register(lambda: None, name="other")
    with Worker(jobs):
        ref = jobs.enqueue_by_name("late", {}, allow_unknown=True)
        until(lambda: ref.status().blocked == "unknown_handler", "it is parked")
        jobs.register(lambda: 9, name="late")
        assert ref.result(WAIT_S) == 9


def test_an_enqueue_hook_adds_an_argument_that_the_handler_sees_and_a_veto_stores_nothing(jobs: Jobs) -> None:
    def says(text: str, tenant: str = "nobody") -> str:
        return f"{text} for {tenant}"

    job = jobs.register(says, name="says")
    jobs.on_enqueue(lambda call: None if call.arguments["text"] == "no" else call)
    jobs.on_enqueue(lambda call: call.with_arguments(tenant="acme"))
    with pytest.raises(EnqueueVetoed):
        job.enqueue("no")
    assert stored(jobs) == 0
    with Worker(jobs):
        assert job.enqueue("yes").result(WAIT_S) == "yes for acme"


def test_a_job_is_enqueued_by_function_by_class_and_by_name_and_a_lambda_is_refused(jobs: Jobs) -> None:
    def plain(n: int) -> int:
        return n

    @jobs.job(name="command")
    class Command:
        def run(self, n: int) -> int:
            return 10 * n

    job = jobs.register(plain, name="plain")
    with Worker(jobs):
        refs = [job.enqueue(1), jobs.enqueue(job.call(2)), Command.enqueue(3), jobs.enqueue_by_name("plain", {"n": 4})]
        assert [ref.result(WAIT_S) for ref in refs] == [1, 2, 30, 4]
    count = stored(jobs)
    with pytest.raises(HandlerRefused, match="lambda"):
        jobs.enqueue(lambda: 1)  # type: ignore[arg-type]
    with pytest.raises(HandlerRefused, match="name"):
        jobs.register(lambda: 1)
    assert stored(jobs) == count


class Post:
    """A service whose methods are jobs."""

    def __init__(self, mailer: Mailer) -> None:
        self.mailer = mailer

    def send(self, to: str) -> tuple[str, int]:
        return to, id(self.mailer)


def test_a_method_is_enqueued_by_its_function_bound_and_by_name_and_runs_on_an_instance_of_its_own(jobs: Jobs) -> None:
    mailer = Mailer()
    jobs.provide(Mailer, lambda: mailer)
    job, mine = jobs.register(Post.send, of=Post), Post(Mailer())
    with Worker(jobs):
        refs = [
            jobs.enqueue(Post.send, "ann"),  # type: ignore[call-overload] # the checker sees self
            jobs.enqueue(mine.send, "ann"),
            jobs.enqueue(job, "ann"),
            jobs.enqueue_by_name("tests.acceptance.test_defining:Post.send", {"to": "ann"}),
        ]
        assert [ref.result(WAIT_S) for ref in refs] == [("ann", id(mailer))] * 4
    count = stored(jobs)
    for given, advice in ((lambda: 1, "lambda"), (functools.partial(mine.send, "ann"), "its function")):
        with pytest.raises(HandlerRefused, match=advice):
            jobs.enqueue(given)
    assert stored(jobs) == count


def test_a_handler_runs_by_its_name_outside_of_jobs(jobs: Jobs) -> None:
    def add(a: int, b: int) -> int:
        return a + b

    jobs.register(add, name="add")
    assert jobs.run_command("add", {"a": 2, "b": 3}).value == 5
    assert stored(jobs) == 0


def test_the_error_of_a_failed_job_is_raised_at_who_asks_for_its_result(jobs: Jobs) -> None:
    def broken() -> None:
        raise KeyError("colour")

    with Worker(jobs), pytest.raises(JobFailed, match="colour") as raised:
        jobs.register(broken, name="broken", retries=0).enqueue().result(WAIT_S)
    assert raised.value.error_type == "KeyError"


def test_a_plain_optional_argument_that_is_new_lets_old_jobs_run(tmp_path: Path) -> None:
    with Jobs(tmp_path / "store", durability="relaxed") as before:
        ref = before.register(lambda to: None, name="send").enqueue("ann")
    with Jobs(tmp_path / "store", durability="relaxed") as after:
        after.register(lambda to, copies=2: f"{to} {copies}", name="send")
        with Worker(after):
            assert after.get(ref.id).result(WAIT_S) == "ann 2"
