"""Conditions, callbacks, chains and results passed on, as an application sees them."""

from __future__ import annotations

import queue
import threading
from datetime import date, timedelta
from typing import Any

import pytest

from faults.scene import Scene, wait_until
from faults.tree import kill_tree
from headway import (
    ArgumentsInvalid,
    Cancelled,
    Context,
    HandlerUnknown,
    JobCancelled,
    JobEvent,
    JobFailed,
    JobNotFound,
    Jobs,
    OptionInvalid,
    State,
    Worker,
)
from headway.client.options import When
from headway.store.protocol import CancelAnswer
from tests.acceptance.moments import AT_ONCE, WAIT_S, archive, becomes, stored, until

APPLICATION = "tests.acceptance.application:jobs"
WHENS: tuple[When, ...] = ("success", "failure", "cancelled", "failure_or_cancelled", "finished")
RUNS: dict[When, set[str]] = {
    "success": {"completed"},
    "failure": {"failed"},
    "cancelled": {"cancelled"},
    "failure_or_cancelled": {"failed", "cancelled"},
    "finished": {"completed", "failed", "cancelled", "skipped"},
}


class TestConditions:
    def test_a_child_runs_or_is_skipped_as_its_condition_says_and_none_waits_for_ever(self, jobs: Jobs) -> None:
        def ends(how: str) -> object:
            if how == "failed":
                raise ValueError
            return Cancelled("no") if how == "cancelled" else None

        parent = jobs.register(ends, name="ends", retries=0)
        child = jobs.register(lambda: "ran", name="child")
        skipped = parent.using(depends_on=parent.enqueue("completed"), when="failure").enqueue("never")
        parents = {how: parent.enqueue(how) for how in ("completed", "failed", "cancelled")} | {"skipped": skipped}
        early = {
            (when, how): child.using(depends_on=ref, when=when).enqueue()
            for when in WHENS
            for how, ref in parents.items()
        }
        with Worker(jobs):
            assert {how: ref.wait(WAIT_S).state.value for how, ref in parents.items()} == {how: how for how in parents}
            late = {
                (when, how): child.using(depends_on=ref, when=when).enqueue()
                for when in WHENS
                for how, ref in parents.items()
            }
            for children in (early, late):
                for (when, how), ref in children.items():
                    expected = State.COMPLETED if how in RUNS[when] else State.SKIPPED
                    assert ref.wait(WAIT_S).state is expected, (when, how)

    def test_a_skipped_job_says_why(self, jobs: Jobs) -> None:
        job = jobs.register(lambda: None, name="job")
        with Worker(jobs):
            ref = job.using(depends_on=job.enqueue(), when="failure").enqueue()
            with pytest.raises(JobCancelled, match="was skipped: condition_unmet: it runs on failure"):
                ref.result(WAIT_S)

    def test_a_condition_without_parents_or_an_unknown_one_is_refused(self, jobs: Jobs) -> None:
        job = jobs.register(lambda: None, name="job")
        with pytest.raises(OptionInvalid, match="when='failure' needs depends_on="):
            job.using(when="failure").enqueue()
        with pytest.raises(OptionInvalid, match="when must be one of 'success', 'failure'"):
            job.using(when="sometimes")  # type: ignore[arg-type]
        assert stored(jobs) == 0


class TestCallbacks:
    def test_a_callback_gets_the_result_and_the_job_and_completes_it(self, jobs: Jobs) -> None:
        order: list[object] = []
        release = threading.Event()

        def check(urls: list[str]) -> dict[str, bool]:
            return dict.fromkeys(urls, True)

        def tell(ctx: Context, found: dict[str, bool], subject: str) -> None:
            assert release.wait(WAIT_S)
            assert ctx.parent is not None
            order.append((found, subject, ctx.parent.name, ctx.parent.state, ctx.parent.result, ctx.user_id))

        checks = jobs.register(check, name="check")
        tells = jobs.register(tell, name="tell", takes_context=True)
        with Worker(jobs):
            ref = checks.using(user_id="ann").then(tells, subject="All up").enqueue(["a"])
            becomes(ref, State.EXECUTED)
            assert (ref.detail().result, ref.status().finished) == ('{"a":true}', None)
            release.set()
            assert ref.result(WAIT_S) == {"a": True}
        assert order == [({"a": True}, "All up", "check", State.EXECUTED, {"a": True}, "ann")]
        assert ref.status().state is State.COMPLETED

    def test_a_callback_that_always_fails_is_called_three_times_and_the_handler_once(self, jobs: Jobs) -> None:
        calls: list[str] = []

        def job() -> int:
            calls.append("job")
            return 7

        def broken(result: int) -> None:
            calls.append("callback")
            if calls.count("callback") < 4:
                raise ValueError(result)

        ref = (
            jobs.register(job, name="job", retries=2)
            .then(jobs.register(broken, name="broken", retries=9, backoff=AT_ONCE))
            .enqueue()
        )
        with Worker(jobs):
            status = ref.wait(WAIT_S)
            assert (status.state, status.code, status.attempt) == (State.FAILED, "callback_failed", 1)
            assert calls == ["job", *["callback"] * 3]
            with pytest.raises(JobFailed, match=r"returned, but its callback, job .* its result is kept") as failed:
                ref.result()
            assert (failed.value.code, ref.detail().result) == ("callback_failed", "7")
            ref.retry()
            assert ref.result(WAIT_S) == 7
        assert calls == ["job", *["callback"] * 4]

    def test_a_callbacks_own_retries_count_if_its_call_says_so(self, jobs: Jobs) -> None:
        calls: list[int] = []

        def broken(result: int) -> None:
            calls.append(result)
            raise ValueError

        callback = jobs.register(broken, name="broken", backoff=AT_ONCE).using(retries=0)
        ref = jobs.register(lambda: 7, name="job", retries=5).then(callback).enqueue()
        with Worker(jobs):
            ref.wait(WAIT_S)
        assert calls == [7]

    def test_by_name(self, jobs: Jobs) -> None:
        got: queue.Queue[int] = queue.Queue()
        jobs.register(lambda n: n + 1, name="job")
        jobs.register(lambda result: got.put(result), name="callback")  # noqa: PLW0108 - a handler is a function
        with Worker(jobs):
            jobs.enqueue_by_name("job", {"n": 1}, callback="callback").result(WAIT_S)
            assert got.get(timeout=WAIT_S) == 2
        with pytest.raises(HandlerUnknown):
            jobs.enqueue_by_name("job", {"n": 1}, callback="nobody")

    def test_cancel_of_an_executed_job_stops_its_callback(self, jobs: Jobs) -> None:
        job = jobs.register(lambda: 7, name="job")
        later = jobs.register(lambda result: None, name="later").using(run_after=timedelta(hours=1))
        with Worker(jobs):
            ref = job.then(later).enqueue()
            becomes(ref, State.EXECUTED)
            assert ref.cancel() is CancelAnswer.CANCELLED
        status = ref.status()
        assert (status.state, status.code, ref.detail().result) == (State.FAILED, "callback_failed", "7")

    def test_a_result_that_cannot_be_stored_fails_the_job_before_its_callback(self, jobs: Jobs) -> None:
        callback = jobs.register(lambda result: None, name="callback")
        ref = jobs.register(lambda: object(), name="job").then(callback).enqueue()  # noqa: PLW0108 - a handler is a function
        with Worker(jobs):
            status = ref.wait(WAIT_S)
        assert (status.state, status.code, stored(jobs)) == (State.FAILED, "result_not_storable", 1)

    def test_hooks_are_told_of_the_job_when_its_callback_has_ended(self, jobs: Jobs) -> None:
        told: queue.Queue[tuple[str, str, int]] = queue.Queue()

        def tell(event: JobEvent) -> None:
            told.put((event.name, event.kind.value, event.attempt))

        jobs.on_success(tell)
        jobs.on_failure(tell)

        def picky(result: int) -> None:
            if result < 0:
                raise ValueError

        job = jobs.register(lambda n: n, name="job", retries=0).then(jobs.register(picky, name="picky"))
        with Worker(jobs):
            for number, kind in ((1, "completed"), (-1, "failed")):
                job.enqueue(number)
                both = {told.get(timeout=WAIT_S) for _ in range(2)}
                assert both == {("job", kind, 1), ("picky", kind, 1)}
        assert told.empty()

    def test_a_kill_between_job_and_callback_leaves_only_the_callback_to_run(self, scene: Scene) -> None:
        with Jobs(str(scene.place)) as client:
            tells = client.register(lambda result: None, name="tells")  # the real one is the application's
            job = client.register(lambda: 0, name="counts").then(tells.using(run_after=timedelta(seconds=2)))
            victim = scene.worker(application=APPLICATION)
            ref = job.enqueue()
            wait_until(lambda: scene.state(ref.id) is State.EXECUTED, "the job has returned")
            kill_tree(victim.pid)
            assert scene.state(ref.id) is State.EXECUTED
            scene.worker(application=APPLICATION)
            assert scene.finish(ref.id) == ["completed"]
            assert len(scene.diary(ref.id, "S")) == 1
            (callback,) = scene.detail(ref.id).children
            assert (scene.kinds(callback), scene.detail(callback).payload) == (["returned"], '{"result":42}')
            assert scene.breaches() == []

    def test_a_kill_in_the_callback_runs_only_the_callback_again(self, scene: Scene) -> None:
        with Jobs(str(scene.place)) as client:
            hangs = client.register(lambda result: None, name="tells_second_time")
            ref = client.register(lambda: 0, name="counts").then(hangs).enqueue()
            victim = scene.worker(application=APPLICATION)
            wait_until(lambda: scene.state(ref.id) is State.EXECUTED, "the job has returned")
            (callback,) = scene.detail(ref.id).children
            scene.begun(callback)
            kill_tree(victim.pid)
            scene.worker(application=APPLICATION)
            assert scene.finish(ref.id, callback) == ["completed", "completed"]
            assert (len(scene.diary(ref.id, "S")), len(scene.diary(callback, "S"))) == (1, 2)
            assert scene.breaches() == []

    def test_what_cannot_be_a_callback_is_refused(self, jobs: Jobs) -> None:
        job = jobs.register(lambda: 7, name="job")
        callback = jobs.register(lambda result: None, name="callback")
        with pytest.raises(OptionInvalid, match="ref_id cannot be an option of a callback"):
            job.then(callback.using(ref_id="mine"))
        with pytest.raises(ArgumentsInvalid, match="takes 1 positional argument but 2 were given"):
            job.then(callback, "more")
        with pytest.raises(OptionInvalid, match="store_result=False and a callback"):
            job.using(store_result=False).then(callback)
        assert stored(jobs) == 0


def test_a_callback_without_parameters_is_given_nothing(jobs: Jobs) -> None:
    ran = threading.Event()
    with Worker(jobs):
        callback = jobs.register(lambda: ran.set(), name="callback")  # noqa: PLW0108 - a handler is a function
        assert jobs.register(lambda: 7, name="job").then(callback).enqueue().result(WAIT_S) == 7
    assert ran.is_set()


class TestChains:
    def test_runs_in_order_and_passes_results_on(self, jobs: Jobs) -> None:
        order: list[str] = []

        def load(n: int) -> date:
            order.append("load")
            return date(2026, 1, n)

        def move(day: date, days: int) -> date:
            order.append("move")
            return day + timedelta(days=days)

        def show(day: date) -> str:
            order.append("show")
            return day.isoformat()

        first = jobs.register(load, name="load").call(3)
        second = jobs.register(move, name="move").call(first.value, days=4)
        third = jobs.register(show, name="show").call(second.value)
        one, two, three = jobs.chain(first, second, third)
        assert [ref.status().state for ref in (one, two, three)] == [State.QUEUED, State.WAITING, State.WAITING]
        with Worker(jobs):
            assert (three.result(WAIT_S), two.result(), one.result()) == (
                "2026-01-07",
                date(2026, 1, 7),
                date(2026, 1, 3),
            )
        assert order == ["load", "move", "show"]

    def test_is_written_with_arrows_too(self, jobs: Jobs) -> None:
        job = jobs.register(lambda n: n, name="job")
        refs = jobs.chain(job.call(1) >> job.call(2) >> job.call(3))
        assert [ref.detail().parents for ref in refs] == [(), (refs[0].id,), (refs[1].id,)]
        more = jobs.chain(job.call(1) >> (job.call(2) >> job.call(3)), job.call(4))
        assert [len(ref.detail().parents) for ref in more] == [0, 1, 1, 1]

    def test_that_breaks_ends_what_follows_unless_that_waits_for_it(self, jobs: Jobs) -> None:
        def broken() -> None:
            raise ValueError

        bad = jobs.register(broken, name="broken", retries=0)
        good = jobs.register(lambda: "ran", name="good")
        _, lost = jobs.chain(bad.call(), good.call())
        _, rescue, last = jobs.chain(bad.call(), good.using(when="failure").call(), good.call())
        with Worker(jobs):
            assert lost.wait(WAIT_S).code == "parent_failed"
            assert (rescue.result(WAIT_S), last.result(WAIT_S)) == ("ran", "ran")

    def test_is_stored_whole_or_not_at_all(self, jobs: Jobs) -> None:
        job = jobs.register(lambda n: n, name="job")
        other = Jobs(jobs.place, app="other", durability="relaxed")
        foreign = other.register(lambda: 1, name="foreign").enqueue()
        with pytest.raises(ArgumentsInvalid, match="of the app 'other'"):
            jobs.chain(job.call(1), job.call(foreign.value))
        with pytest.raises(ArgumentsInvalid, match="at least one call"):
            jobs.chain()
        assert stored(jobs) == 0
        other.close()

    def test_repeated_under_references_of_its_own_is_the_same_chain(self, jobs: Jobs) -> None:
        job = jobs.register(lambda n: n, name="job")

        def chain() -> list[int]:
            first = job.using(ref_id="first").call(1)
            return [ref.id for ref in jobs.chain(first, job.using(ref_id="second").call(first.value))]

        assert chain() == chain()
        assert stored(jobs) == 2

    def test_awaited(self, jobs: Jobs) -> None:
        import asyncio

        job = jobs.register(lambda n: n, name="job")
        one, two = asyncio.run(jobs.achain(job.call(1), job.call(2)))
        assert two.detail().parents == (one.id,)


class TestResults:
    def test_of_a_stored_job_is_an_argument_that_is_waited_for(self, jobs: Jobs) -> None:
        add = jobs.register(lambda a, b: a + b, name="add")
        total = add.enqueue(1, 2)
        ref = add.enqueue(total.value, 10)
        assert (ref.status().state, ref.detail().parents) == (State.WAITING, (total.id,))
        with Worker(jobs):
            assert ref.result(WAIT_S) == 13

    def test_of_an_archived_job(self, jobs: Jobs) -> None:
        add = jobs.register(lambda a, b: a + b, name="add")
        with Worker(jobs):
            total = add.enqueue(1, 2)
            total.result(WAIT_S)
            assert archive(jobs) >= 1
            assert total.detail().row.archived
            assert add.enqueue(total.value, 10).result(WAIT_S) == 13

    def test_of_calls_that_are_stored_together(self, jobs: Jobs) -> None:
        add = jobs.register(lambda a, b: a + b, name="add")
        one, two = add.call(1, 2), add.call(3, 4)
        *_, ref = jobs.enqueue_many([one, two, add.call(one.value, two.value)])
        with Worker(jobs):
            assert ref.result(WAIT_S) == 10

    def test_is_checked_against_the_arguments_type(self, jobs: Jobs) -> None:
        def double(n: int) -> int:
            return 2 * n

        text = jobs.register(lambda: "seven", name="text").enqueue()
        wrong: Any = text.value
        ref = jobs.register(double, name="double").enqueue(wrong)
        with Worker(jobs):
            assert (ref.wait(WAIT_S).state, ref.status().code) == (State.FAILED, "validation")

    def test_that_is_missing_fails_the_job_at_once_with_a_code_of_its_own(self, jobs: Jobs) -> None:
        def broken() -> int:
            raise ValueError

        first = jobs.register(broken, name="broken", retries=0).enqueue()
        ref = jobs.register(lambda n=1: n, name="job").using(depends_on=first, when="finished").enqueue(first.value)
        with Worker(jobs):
            status = ref.wait(WAIT_S)
        assert (status.state, status.code, status.tries) == (State.FAILED, "result_missing", 1)
        assert status.reason == f"argument n should be the result of job {first.id}, which left none"

    def test_goes_into_what_an_attempt_leaves_behind(self, jobs: Jobs) -> None:
        got: queue.Queue[int] = queue.Queue()
        first = jobs.register(lambda: 7, name="first").enqueue()
        takes = jobs.register(lambda n: got.put(n), name="takes")  # noqa: PLW0108 - a handler is a function

        def body(ctx: Context) -> None:
            ctx.enqueue(takes.call(first.value))

        with Worker(jobs):
            jobs.register(body, name="body", takes_context=True).enqueue().result(WAIT_S)
            assert got.get(timeout=WAIT_S) == 7

    def test_where_it_cannot_be_is_refused(self, jobs: Jobs) -> None:
        add = jobs.register(lambda a, b: a + b, name="add")
        call = add.call(1, 2)
        with pytest.raises(ArgumentsInvalid, match="is not stored with this one and before it"):
            add.enqueue(call.value, 1)
        with pytest.raises(ArgumentsInvalid, match="is not stored with this one and before it"):
            jobs.enqueue_many([add.call(call.value, 1), call])
        with pytest.raises(ArgumentsInvalid, match="argument a"):
            add.enqueue([call.value], 1)
        assert stored(jobs) == 0

    def test_of_a_job_that_is_gone_is_refused(self, jobs: Jobs) -> None:
        add = jobs.register(lambda a, b: a + b, name="add")
        with Worker(jobs):
            first = add.enqueue(1, 2)
            first.result(WAIT_S)
        later = jobs.clock.now_us() + 1
        until(lambda: jobs.store.call(jobs.store.purge(completed_before_us=later, failed_before_us=later)))
        with pytest.raises(JobNotFound):
            add.enqueue(first.value, 1)
