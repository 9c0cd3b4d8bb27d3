"""Unique keys as a call says them: what is stored of them, which key follows from which arguments, and in tests."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import timedelta

import pytest

from headway import Context, DuplicateJob, Jobs, OptionInvalid, State
from headway.testing import inline, manual, recording

MINUTE = timedelta(minutes=1)


def keys(*refs: object) -> list[str | None]:
    return [ref.detail().row.unique_key for ref in refs]  # type: ignore[attr-defined]


def test_a_key_follows_from_handler_and_arguments_however_they_are_given(jobs: Jobs) -> None:
    def pay(to: str, amount: int, marks: dict[str, int] | None = None) -> None: ...

    job = jobs.register(pay, name="pay").using(unique_for=MINUTE)
    first = job.enqueue("ann", 5, {"a": 1, "b": 2})
    assert job.enqueue(amount=5, to="ann", marks={"b": 2, "a": 1}) == first
    others = [job.enqueue("ann", 6), job.enqueue("bob", 5), job.enqueue("ann", 5)]
    twin = jobs.register(lambda to, amount, marks=None: None, name="twin").using(unique_for=MINUTE)
    others.append(twin.enqueue("ann", 5, {"a": 1, "b": 2}))  # type: ignore[arg-type]
    assert len({first, *others}) == 5
    assert len(set(keys(first, *others))) == 5
    assert all(key is not None and key.startswith("arguments:") for key in keys(first, *others))


def test_it_is_the_same_in_another_process(jobs: Jobs) -> None:
    first = jobs.enqueue_by_name("job", {"a": {"x": 1, "y": 2}}, allow_unknown=True, unique_for=MINUTE)
    program = (
        "import sys; from datetime import timedelta; from headway import Jobs; jobs = Jobs('memory://')\n"
        "ref = jobs.enqueue_by_name('job', {'a': {'y': 2, 'x': 1}}, allow_unknown=True, unique_for=timedelta(hours=1))\n"
        "print(ref.detail().row.unique_key)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=15, check=True)
    assert keys(first) == [said.stdout.strip()]


def test_a_key_of_the_callers_own_and_a_reference_go_together(jobs: Jobs) -> None:
    job = jobs.register(lambda n: None, name="job")
    first = job.using(ref_id="mine", unique_key="k", unique_for=MINUTE).enqueue(1)
    second = job.using(ref_id="other", unique_key="k").enqueue(2)
    assert (second.ref_id, second.existing) == ("mine", True)
    assert job.using(ref_id="mine", unique_key="k", on_duplicate="raise", unique_for=MINUTE).enqueue(1) == first


def test_a_job_of_another_handler_that_has_the_key_is_named_for_what_it_is(jobs: Jobs) -> None:
    jobs.register(lambda: None, name="one").using(unique_key="k").enqueue()
    ref = jobs.register(lambda: None, name="two").using(unique_key="k").enqueue()
    assert ref.name == "one"


def test_who_has_a_key_now(jobs: Jobs) -> None:
    job = jobs.register(lambda: None, name="job").using(unique_key="k")
    assert jobs.holder("k") is None
    ref = job.enqueue()
    assert jobs.holder("k") == ref
    assert asyncio.run(jobs.aholder("k")) == ref
    ref.cancel()
    assert asyncio.run(jobs.aholder("k")) is None


def test_what_is_said_about_duplicates_may_come_before_the_key(jobs: Jobs) -> None:
    job = jobs.register(lambda: None, name="job")
    strict = job.using(on_duplicate="raise")
    strict.using(unique_key="k").enqueue()
    with pytest.raises(DuplicateJob):
        strict.using(unique_key="k").enqueue()
    with pytest.raises(OptionInvalid):
        asyncio.run(strict.aenqueue())


def test_a_tied_call_cannot_raise_at_anybody(jobs: Jobs) -> None:
    job = jobs.register(lambda: None, name="job").using(unique_key="k", on_duplicate="raise")
    with pytest.raises(OptionInvalid, match="on_duplicate='raise' can be told to nobody"):
        jobs.encode_call(job.call())


class TestInTests:
    def test_recorded_is_what_was_stored(self, jobs: Jobs) -> None:
        job = jobs.register(lambda n: None, name="job")
        with recording(jobs) as sent:
            first = job.using(unique_key="k").enqueue(1)
            assert job.using(unique_key="k").enqueue(2) == first
            assert [call.arguments for call in sent.of(job)] == [{"n": 1}]
            assert sent.options_of(job) == [{"unique_key": "k"}]

    def test_by_hand(self, jobs: Jobs) -> None:
        ran: list[int] = []
        job = jobs.register(lambda n: ran.append(n), name="job")  # noqa: PLW0108 - a builtin is no handler
        with manual(jobs) as world:
            for n in range(3):
                job.using(unique_key="k").enqueue(n)
            world.drain()
            job.using(unique_key="k").enqueue(3)
            job.using(unique_for=MINUTE).enqueue(4)
            job.using(unique_for=MINUTE).enqueue(4)
            world.drain()
            world.clock.advance(MINUTE)
            job.using(unique_for=MINUTE).enqueue(4)
            world.drain()
        assert ran == [0, 3, 4, 4]

    def test_at_once(self, jobs: Jobs) -> None:
        ran: list[int] = []

        def step(ctx: Context, n: int) -> int:
            ran.append(n)
            if n:
                ctx.enqueue(again.call(n - 1))
            return n

        again = jobs.register(step, name="step", takes_context=True).using(unique_key="k")
        with inline(jobs):
            ref = again.enqueue(2)
            assert ref.replay().result(0) == 2
            assert asyncio.run(ref.areplay()).status().state is State.COMPLETED
        assert ran == [2, 1, 0] * 3

    def test_at_once_whoever_was_given_the_running_job_is_told_of_its_end(self, jobs: Jobs) -> None:
        told: list[int] = []

        def step(n: int) -> int:
            if n:
                assert again.using(on_success=told.append).enqueue(0).existing
            return n

        again = jobs.register(step, name="step").using(unique_key="k")
        with inline(jobs):
            again.enqueue(5)
        assert told == [5]
