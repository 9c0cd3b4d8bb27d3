"""Replaying what ended, reviving what went down with a parent, changing what waits."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from headway import (
    ArgumentsInvalid,
    DuplicateJob,
    JobNotReplayable,
    JobNotRevisable,
    Jobs,
    OptionInvalid,
    OptionUnknown,
    PayloadTooLarge,
    State,
    Worker,
)
from tests.acceptance.moments import WAIT_S, archive, stored

LATER = timedelta(hours=1)


class TestReplay:
    def test_a_completed_job_is_done_once_more_by_a_new_one_and_stays_as_it_is(self, jobs: Jobs) -> None:
        ran: list[tuple[int, date]] = []
        job = jobs.register(lambda n, day: ran.append((n, day)), name="job")
        with Worker(jobs):
            first = job.using(queue="default", tags=["red"], batch_id="b", args={"k": 1}).enqueue(7, "2026-11-22")
            first.result(WAIT_S)
            before = first.detail()
            second = first.replay(by="ann")
            assert second.result(WAIT_S) is None
        row = second.detail().row
        assert (second.id != first.id, row.replay_of, row.tags, row.batch_id) == (True, first.id, ("red",), None)
        assert first.detail() == before
        assert ran == [(7, "2026-11-22")] * 2

    def test_also_of_an_archived_one_by_its_reference_and_awaited(self, jobs: Jobs) -> None:
        job = jobs.register(lambda n: n, name="job")
        with Worker(jobs):
            first = job.using(ref_id="order-7").enqueue(7)
            first.result(WAIT_S)
            archive(jobs)
            assert jobs.replay("order-7").result(WAIT_S) == 7
            assert asyncio.run(jobs.areplay("order-7")).result(WAIT_S) == 7

    def test_from_another_process(self, jobs: Jobs, tmp_path: Path) -> None:
        job = jobs.register(lambda n: n, name="job")
        with Worker(jobs):
            first = job.enqueue(7)
            first.result(WAIT_S)
            words = [
                sys.executable,
                "-m",
                "headway",
                "jobs",
                "replay",
                str(first.id),
                "--store",
                str(tmp_path / "store"),
            ]
            said = subprocess.run(words, capture_output=True, text=True, timeout=WAIT_S, check=True).stdout
            new = int(said.split()[-1])
            assert jobs.get(new).result(WAIT_S) == 7

    def test_results_that_it_was_given_are_given_again(self, jobs: Jobs) -> None:
        seven, add = jobs.register(lambda: 7, name="seven"), jobs.register(lambda a, b: a + b, name="add")
        with Worker(jobs):
            total = add.enqueue(seven.enqueue().value, 1)
            assert total.result(WAIT_S) == 8
            again = total.replay()
            assert again.result(WAIT_S) == 8
        assert again.detail().parents == ()

    def test_one_that_was_never_given_a_result_says_so(self, jobs: Jobs) -> None:
        seven, add = jobs.register(lambda: 7, name="seven"), jobs.register(lambda a, b: a + b, name="add")
        parent = seven.enqueue()
        child = add.enqueue(parent.value, 1)
        parent.cancel()
        words = f"its argument a was to be the result of job {parent.id}, which has none"
        with pytest.raises(JobNotReplayable, match=words):
            child.replay()

    def test_what_has_not_ended_is_refused(self, jobs: Jobs) -> None:
        ref = jobs.register(lambda: None, name="job").enqueue()
        with pytest.raises(JobNotReplayable, match=f"job {ref.id} cannot be replayed: it has not ended"):
            ref.replay()
        assert stored(jobs) == 1


class TestRevive:
    @pytest.mark.parametrize("awaited", [False, True])
    def test_a_retried_parent_takes_its_child_along(self, jobs: Jobs, awaited: bool) -> None:
        order: list[str] = []
        fails = [True]

        def parent() -> None:
            if fails.pop():
                raise ValueError
            order.append("parent")

        first = jobs.register(parent, name="parent", retries=0).enqueue()
        link = jobs.register(lambda word: order.append(word), name="link")  # noqa: PLW0108 - a builtin is no handler
        child = link.using(depends_on=first).enqueue("child")
        grandchild = link.using(depends_on=child).enqueue("grandchild")
        with Worker(jobs):
            assert grandchild.wait(WAIT_S).code == "parent_failed"
            fails.append(False)
            if awaited:
                asyncio.run(first.aretry(revive=True))
            else:
                jobs.retry(first.id, revive=True)
            grandchild.result(WAIT_S)
        assert order == ["parent", "child", "grandchild"]

    def test_many_parents_at_once(self, jobs: Jobs) -> None:
        fails = [True, True]

        def parent() -> None:
            if fails and fails.pop():
                raise ValueError

        job = jobs.register(parent, name="parent", retries=0)
        parents = [job.using(tags=["red"]).enqueue() for _ in range(2)]
        link = jobs.register(lambda: 1, name="child")
        children = [link.using(depends_on=ref).enqueue() for ref in parents]
        with Worker(jobs):
            for child in children:
                assert child.wait(WAIT_S).state is State.CANCELLED
            assert jobs.retry_many(tag="red", revive=True).total == 2
            assert [child.result(WAIT_S) for child in children] == [1, 1]

    def test_who_waited_for_its_batch_and_who_was_skipped_come_too(self, jobs: Jobs) -> None:
        fails = [True]

        def flaky() -> None:
            if fails.pop():
                raise ValueError

        with jobs.batch("b") as batch:
            batch.add(jobs.register(flaky, name="flaky", retries=0).call())
        work = jobs.register(lambda: 1, name="work")
        skipped = work.using(depends_on=batch.refs[0], when="success").enqueue()
        waiter = work.using(depends_on=batch).enqueue()
        with Worker(jobs):
            assert (skipped.wait(WAIT_S).state, waiter.wait(WAIT_S).state) == (State.SKIPPED, State.CANCELLED)
            fails.append(False)
            batch.refs[0].retry(revive=True)
            assert (skipped.result(WAIT_S), waiter.result(WAIT_S)) == (1, 1)


class TestRevise:
    def test_priority_moment_queue_and_arguments_of_a_waiting_job(self, jobs: Jobs) -> None:
        job = jobs.register(lambda n, day=None: (n, day), name="job")
        ref = job.using(run_after=LATER).enqueue(1)
        ref.revise(priority="high", queue="default", run_after=timedelta(0), arguments={"n": 2}, by="ann")
        assert ref.status().state is State.QUEUED
        (event,) = ref.detail().events
        assert (event.kind, event.by) == ("revise", "ann")
        assert event.note is not None
        assert event.note.startswith("priority 0 -> 10; due ")
        assert event.note.endswith("; n 1 -> 2")
        with Worker(jobs):
            assert ref.result(WAIT_S) == [2, None]

    def test_arguments_are_checked_as_at_the_enqueue(self, tmp_path: Path) -> None:
        with Jobs(tmp_path / "store", payload_max_bytes=100) as jobs:

            def pay(amount: int, day: date) -> None: ...

            ref = jobs.register(pay, name="pay").enqueue(5, date(2026, 11, 22))
            before = ref.detail()
            for wrong, error, said in (
                ({"amount": "five"}, ArgumentsInvalid, "argument amount: expected `int`, got `str`"),
                ({"ammount": 5}, ArgumentsInvalid, "unexpected argument 'ammount'; did you mean 'amount'?"),
                ({"amount": 10**100}, PayloadTooLarge, "the limit is 100"),
                ([1], ArgumentsInvalid, "must be a dict with text keys"),
            ):
                with pytest.raises(error, match=said):
                    ref.revise(arguments=wrong, priority=5)  # type: ignore[arg-type]
            assert ref.detail() == before
            ref.revise(arguments={"day": date(2026, 12, 24)})
            assert ref.detail().payload == '{"amount":5,"day":"2026-12-24"}'

    def test_options_are_checked_as_at_the_enqueue(self, jobs: Jobs) -> None:
        ref = jobs.register(lambda: None, name="job").enqueue()
        before = ref.detail()
        with pytest.raises(OptionInvalid, match="priority must be an integer"):
            ref.revise(priority=5000)
        with pytest.raises(OptionInvalid, match="has no time zone"):
            ref.revise(run_after=datetime(2026, 12, 24))  # noqa: DTZ001 - what is refused
        with pytest.raises(OptionInvalid, match="the queue"):
            ref.revise(queue="")
        with pytest.raises(OptionInvalid, match="nothing says what to change"):
            ref.revise()
        with pytest.raises(OptionUnknown, match="no option 'retries'"):
            ref.revise(retries=5)  # type: ignore[call-arg]
        assert ref.detail() == before

    def test_of_a_handler_that_is_not_known_here(self, jobs: Jobs) -> None:
        ref = jobs.enqueue_by_name("elsewhere", {"n": 1}, allow_unknown=True)
        ref.revise(arguments={"n": "two", "more": [1]})
        assert ref.detail().payload == '{"n":"two","more":[1]}'
        with pytest.raises(ArgumentsInvalid, match="plain JSON"):
            ref.revise(arguments={"n": object()})

    def test_secrets_are_not_written_to_the_history(self, jobs: Jobs) -> None:
        job = jobs.register(lambda user, pin, password: None, name="login", redact=["pin"])
        ref = job.enqueue("ann", "1234", "hunter2")
        ref.revise(arguments={"user": "bob", "pin": "9876", "password": "swordfish"})
        (event,) = ref.detail().events
        assert event.note == 'user "ann" -> "bob"; pin *** -> ***; password *** -> ***'

    @pytest.mark.parametrize("ended", [False, True])
    def test_what_runs_or_has_ended_is_refused(self, jobs: Jobs, ended: bool) -> None:
        begun, release = threading.Event(), threading.Event()

        def hold(n: int) -> None:
            begun.set()
            assert release.wait(WAIT_S)

        ref = jobs.register(hold, name="hold").enqueue(1)
        with Worker(jobs):
            assert begun.wait(WAIT_S)
            if ended:
                release.set()
                ref.result(WAIT_S)
            for changes in ({"priority": 5}, {"arguments": {"n": 2}}):
                with pytest.raises(JobNotRevisable, match=f"job {ref.id} cannot be revised: it runs or has ended"):
                    ref.revise(**changes)  # type: ignore[arg-type]
            release.set()
        assert ref.detail().payload == '{"n":1}'

    def test_awaited_and_by_its_number(self, jobs: Jobs) -> None:
        ref = jobs.register(lambda n: None, name="job").enqueue(1)
        asyncio.run(jobs.arevise(ref.id, arguments={"n": 2}, run_after=datetime(2099, 1, 1, tzinfo=UTC)))
        assert (ref.detail().payload, ref.status().state) == ('{"n":2}', State.SCHEDULED)

    def test_by_two_at_once_both_happen(self, jobs: Jobs) -> None:
        ref = jobs.register(lambda a, b: None, name="job").enqueue(0, 0)
        barrier = threading.Barrier(2)

        def change(name: str) -> None:
            for number in range(1, 20):
                barrier.wait(WAIT_S)
                ref.revise(arguments={name: number})

        threads = [threading.Thread(target=change, args=(name,)) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT_S)
        assert ref.detail().payload == '{"a":19,"b":19}'
        assert len(ref.detail().events) == 38

    def test_a_worker_that_waits_runs_what_is_due_sooner(self, jobs: Jobs) -> None:
        ref = jobs.register(lambda: "ran", name="job").using(run_after=LATER).enqueue()
        with Worker(jobs) as worker:
            assert worker.wait_idle(WAIT_S)
            ref.revise(run_after=timedelta(0))
            assert ref.result(WAIT_S) == "ran"


class TestReviseResults:
    """Of a job one of whose arguments is to be another job's result."""

    def test_of_the_others_the_link_stays(self, jobs: Jobs) -> None:
        seven, add = jobs.register(lambda: 7, name="seven"), jobs.register(lambda a, b=0: a + b, name="add")
        ref = add.enqueue(seven.enqueue().value, 1)
        ref.revise(arguments={"b": 10})
        assert ref.status().state is State.WAITING
        with Worker(jobs):
            assert ref.result(WAIT_S) == 17

    @pytest.mark.parametrize("awaited", [False, True])
    def test_a_value_in_its_place_ends_the_waiting(self, jobs: Jobs, awaited: bool) -> None:
        seven, add = jobs.register(lambda: 7, name="seven"), jobs.register(lambda a, b=0: a + b, name="add")
        parent = seven.using(run_after=LATER).enqueue()
        ref = add.enqueue(parent.value, 1)
        if awaited:
            asyncio.run(ref.arevise(arguments={"a": 4}))
        else:
            ref.revise(arguments={"a": 4})
        assert ref.detail().events[-1].note == f"a (the result of job {parent.id}) -> 4"
        with Worker(jobs):
            assert ref.result(WAIT_S) == 5
        assert (ref.detail().parents, parent.status().state) == ((), State.SCHEDULED)

    def test_in_a_chain_the_order_stays(self, jobs: Jobs) -> None:
        ran: list[str] = []
        first = jobs.register(lambda: ran.append("first"), name="first").call()
        second = jobs.register(lambda a: ran.append(a), name="second")  # noqa: PLW0108 - a builtin is no handler
        *_, ref = jobs.chain(first, second.call(first.value))
        ref.revise(arguments={"a": "second"})
        assert ref.status().state is State.WAITING
        with Worker(jobs):
            ref.result(WAIT_S)
        assert ran == ["first", "second"]

    def test_another_job_s_result_can_take_its_place_or_a_value_s(self, jobs: Jobs) -> None:
        number, add = jobs.register(lambda n: n, name="number"), jobs.register(lambda a, b: a + b, name="add")
        one, two = number.using(run_after=LATER).enqueue(1), number.enqueue(2)
        ref = add.enqueue(one.value, 40)
        ref.revise(arguments={"a": two.value, "b": number.enqueue(5).value})
        assert ref.detail().events[-1].note == (
            f"a (the result of job {one.id}) -> (the result of job {two.id}); b 40 -> (the result of job {two.id + 2})"
        )
        with Worker(jobs):
            assert ref.result(WAIT_S) == 7

    def test_what_cannot_be_is_refused_as_at_the_enqueue_and_nothing_changes(self, jobs: Jobs, tmp_path: Path) -> None:
        def add(a: int, b: int) -> int:
            return a + b

        def seven() -> int:
            return 7

        adding, sevens = jobs.register(add, name="add"), jobs.register(seven, name="seven")
        ref = adding.enqueue(sevens.enqueue().value, 1)
        dead = sevens.enqueue()
        dead.cancel()
        foreign = Jobs(tmp_path / "store", app="other")
        with foreign:
            theirs = foreign.register(seven, name="seven").enqueue().value
            before = ref.detail()
            wrong: list[tuple[dict[str, Any], type[Exception], str]] = [
                ({"a": "text"}, ArgumentsInvalid, "argument a: expected `int`"),
                ({"b": "text"}, ArgumentsInvalid, "argument b: expected `int`"),
                ({"c": 1}, ArgumentsInvalid, "unexpected argument 'c'"),
                ({"b": [dead.value]}, ArgumentsInvalid, "one parameter for each result"),
                ({"b": sevens.call().value}, ArgumentsInvalid, "not stored with this one"),
                ({"b": theirs}, ArgumentsInvalid, "a job of the app 'other'"),
                ({"b": dead.value}, JobNotRevisable, f"job {dead.id}, which ended cancelled and has none"),
                ({"b": ref.value}, JobNotRevisable, "it would wait for itself"),
            ]
            for arguments, error, words in wrong:
                with pytest.raises(error, match=words):
                    ref.revise(priority=9, arguments=arguments)
            assert ref.detail() == before

    def test_of_a_handler_that_is_not_known_here_too(self, jobs: Jobs) -> None:
        parent = jobs.register(lambda: 7, name="seven").enqueue()
        ref = jobs.enqueue_by_name("elsewhere", {"a": parent.value, "b": 1}, allow_unknown=True)
        ref.revise(arguments={"b": 2})
        assert (ref.status().state, ref.detail().payload) == (State.WAITING, '{"b":2}')
        ref.revise(arguments={"a": 3})
        assert (ref.status().state, ref.detail().payload) == (State.QUEUED, '{"b":2,"a":3}')

    def test_a_key_of_the_arguments_follows_the_link(self, jobs: Jobs) -> None:
        seven, job = jobs.register(lambda: 7, name="seven"), jobs.register(lambda a: a, name="job")
        one, two = seven.enqueue(), seven.enqueue()
        unique = job.using(unique_for=timedelta(hours=1))
        ref = unique.enqueue(one.value)
        assert not unique.enqueue(two.value).existing
        assert unique.enqueue(one.value).id == ref.id
        with pytest.raises(DuplicateJob):
            ref.revise(arguments={"a": two.value})
        ref.revise(arguments={"a": 5})
        assert unique.enqueue(5).id == ref.id
        assert not unique.enqueue(one.value).existing


def test_exactly_the_intersection_of_queue_tag_state_and_worker_is_cancelled(jobs: Jobs) -> None:
    job = jobs.register(lambda: None, name="job")
    refs = {
        (queue, tag, later): job.using(queue=queue, tags=[tag], run_after=LATER if later else timedelta(0)).enqueue()
        for queue in ("mail", "reports")
        for tag in ("red", "blue")
        for later in (False, True)
    }
    with pytest.raises(OptionInvalid, match="nothing says which jobs"):
        jobs.cancel_many()
    assert jobs.cancel_many(worker="smtp", queues=["mail"]).total == 0
    done = jobs.cancel_many(queues=["mail"], tag="red", states=[State.SCHEDULED])
    assert done.total == 1
    states = {facts: ref.status().state for facts, ref in refs.items()}
    assert [facts for facts, state in states.items() if state is State.CANCELLED] == [("mail", "red", True)]
    assert jobs.cancel_many(all=True).total == 7
