"""Deleting jobs and draining nodes from a program, blocking and awaited alike."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from headway import DeleteAnswer, JobNotFound, Jobs, OptionInvalid, State, Worker
from tests.run.stage import WAIT_S, wait_for

Act = Callable[..., Any]


@pytest.fixture(params=["blocking", "awaited"])
def act(request: pytest.FixtureRequest) -> Act:
    """Call a method of something, or its twin."""

    def call(of: Any, name: str, *args: Any, **facts: Any) -> Any:
        if request.param == "blocking":
            return getattr(of, name)(*args, **facts)

        async def awaited() -> Any:
            return await getattr(of, f"a{name}")(*args, **facts)

        return asyncio.run(awaited())

    return call


class TestDeleting:
    def test_takes_away_what_has_ended_or_not_begun(self, act: Act, jobs: Jobs) -> None:
        job = jobs.register(lambda: None, name="job")
        ended, waiting, other = job.enqueue(), job.enqueue(), job.enqueue()
        ended.cancel()
        assert act(ended, "delete", by="ann") is DeleteAnswer.DELETED
        assert act(jobs, "delete", waiting.id) is DeleteAnswer.DELETED
        assert [row.id for row in jobs.list().rows] == [other.id]
        for again in (lambda: act(ended, "delete"), lambda: act(jobs, "delete", waiting.ref_id)):
            with pytest.raises(JobNotFound):
                again()

    def test_leaves_what_runs_and_what_is_asked_for(self, act: Act, jobs: Jobs) -> None:
        first = jobs.register(lambda: None, name="job").enqueue()
        last = jobs.job_named("job").using(depends_on=first, when="finished").enqueue()
        assert act(first, "delete") is DeleteAnswer.NEEDED
        assert (first.status().state, last.status().state) == (State.QUEUED, State.WAITING)
        answers: list[DeleteAnswer] = []
        own = jobs.register(lambda: answers.append(jobs.delete(own.id)), name="own").enqueue()
        assert Worker(jobs).run_until_idle(WAIT_S)
        assert (answers, own.status().state) == ([DeleteAnswer.RUNNING], State.COMPLETED)

    def test_of_many_means_those_that_ended(self, act: Act, jobs: Jobs) -> None:
        job = jobs.register(lambda: None, name="job")
        refs = [job.enqueue() for _ in range(3)]
        refs[0].cancel()
        assert act(jobs, "delete_many", names=["job"]).counts == {DeleteAnswer.DELETED: 1}
        assert act(jobs, "delete_many", names=["other"], states=[State.QUEUED]).total == 0
        assert act(jobs, "delete_many", states=[State.QUEUED], by="ann").counts == {DeleteAnswer.DELETED: 2}
        assert sum(jobs.counts().values()) == 0
        with pytest.raises(OptionInvalid, match="all=True"):
            act(jobs, "delete_many")
        assert act(jobs, "delete_many", all=True).total == 0


class TestDraining:
    def test_a_node_starts_nothing_more_until_it_works_again(self, act: Act, jobs: Jobs) -> None:
        job = jobs.register(lambda: None, name="job")
        with Worker(jobs, concurrency=1) as worker:
            (node,) = act(jobs, "nodes")
            assert (node.state, act(jobs, "undrain_node", node.uid)) == ("active", False)
            assert act(jobs, "drain_node", node.uid) is True
            assert [one.state for one in act(jobs, "nodes")] == ["draining"]
            ref = job.enqueue()
            assert worker.wait_idle(WAIT_S)
            assert ref.status().state is State.QUEUED
            assert act(jobs, "undrain_node", node.uid) is True
            wait_for(lambda: ref.status().state is State.COMPLETED)

    def test_what_is_no_node_of_this_app_is_not_drained(self, act: Act, jobs: Jobs) -> None:
        assert act(jobs, "nodes") == ()
        assert act(jobs, "drain_node", "nobody") is False
        assert act(jobs, "undrain_node", "nobody") is False
