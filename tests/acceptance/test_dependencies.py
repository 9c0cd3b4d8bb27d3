"""Jobs that wait for jobs, and jobs that are stored only with the success of the one that asked for them."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from headway import Context, Jobs, State, Worker
from tests.acceptance.moments import AT_ONCE, WAIT_S, archive, stored, until
from tests.acceptance.places import ON_BOTH

pytestmark = ON_BOTH


def test_a_child_never_starts_before_its_parent_completed(jobs: Jobs) -> None:
    release, order = threading.Event(), []

    def parent() -> None:
        assert release.wait(WAIT_S)
        order.append("parent")

    first = jobs.register(parent, name="parent").enqueue()
    child = jobs.register(lambda: order.append("child"), name="child").using(depends_on=first).enqueue()
    with Worker(jobs):
        until(lambda: first.status().state is State.RUNNING)
        assert child.status().state is State.WAITING
        release.set()
        child.result(WAIT_S)
    assert order == ["parent", "child"]


def test_a_child_of_several_starts_after_all_of_them(jobs: Jobs) -> None:
    releases = [threading.Event() for _ in range(3)]
    parent = jobs.register(lambda n: releases[n].wait(WAIT_S), name="parent")
    parents = [parent.enqueue(n) for n in range(3)]
    child = jobs.register(lambda: "ran", name="child").using(depends_on=parents).enqueue()
    with Worker(jobs):
        for n, ref in enumerate(parents):
            assert child.status().state is State.WAITING
            releases[n].set()
            ref.result(WAIT_S)
        assert child.result(WAIT_S) == "ran"


def test_a_failed_root_cancels_all_its_descendants_also_one_that_comes_later_and_names_itself(jobs: Jobs) -> None:
    def root() -> None:
        raise ValueError

    ran: list[int] = []
    link = jobs.register(lambda: ran.append(1), name="link")
    jobs.enqueue_many(link.using(run_after=timedelta(hours=1)).call() for _ in range(76))  # so that the root is job 77
    first = jobs.register(root, name="root", retries=1, backoff=AT_ONCE).enqueue()
    child = link.using(depends_on=first).enqueue()
    grandchild = link.using(depends_on=child).enqueue()
    with Worker(jobs) as worker:
        assert first.wait(WAIT_S).state is State.FAILED
        statuses = [one.wait(WAIT_S) for one in (child, grandchild)]
        late = link.using(depends_on=grandchild).enqueue()
        statuses += [late.wait(WAIT_S), link.using(depends_on=first).enqueue().wait(WAIT_S)]
        assert worker.wait_idle(WAIT_S)
    assert [(one.state, one.code) for one in statuses] == [(State.CANCELLED, "parent_failed")] * 4
    assert [one.reason for one in statuses] == ["job 77 ended failed"] * 4
    assert ran == []


def test_a_child_reads_its_parents_also_after_they_were_archived(jobs: Jobs) -> None:
    def number(n: int) -> dict[str, int]:
        return {"n": n}

    def reads(ctx: Context) -> list[object]:
        assert ctx.parent is not None
        return [(one.name, one.state, one.arguments["n"], one.result["n"]) for one in ctx.parents]

    job = jobs.register(number, name="number")
    reader = jobs.register(reads, name="reads", takes_context=True)
    with Worker(jobs):
        parents = [job.enqueue(n) for n in (3, 4)]
        [one.result(WAIT_S) for one in parents]
        before = reader.using(depends_on=parents).enqueue().result(WAIT_S)
        assert archive(jobs) >= 2
        assert all(one.detail().row.archived for one in parents)
        after = reader.using(depends_on=parents).enqueue().result(WAIT_S)
    assert before == after == [["number", "completed", n, n] for n in (3, 4)]


@pytest.mark.parametrize("retries", [0, 2])
def test_what_a_job_enqueues_with_its_success_is_there_once_or_never(jobs: Jobs, retries: int) -> None:
    ran: list[int] = []
    child = jobs.register(lambda n: ran.append(n), name="child")  # noqa: PLW0108 - a handler is a function

    def body(ctx: Context) -> None:
        for n in range(10):
            ctx.enqueue(child.call(n))
        if ctx.attempt < 3:
            raise ValueError

    job = jobs.register(body, name="body", takes_context=True, retries=retries, backoff=AT_ONCE)
    with Worker(jobs) as worker:
        state = job.enqueue().wait(WAIT_S).state
        assert worker.wait_idle(WAIT_S)
    assert state is (State.COMPLETED if retries else State.FAILED)
    assert sorted(ran) == (list(range(10)) if retries else [])
    assert stored(jobs) == 1 + len(ran)
