"""Acting on every job that a filter names, blocking and awaited alike; and listing in other orders."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from headway import CancelAnswer, Jobs, OptionInvalid, OptionUnknown, Ref, RequeueAnswer, State
from headway.client import errand
from tests.client.turns import Turns

Act = Callable[..., dict[Any, int]]


@pytest.fixture(params=["blocking", "awaited"])
def act(request: pytest.FixtureRequest, jobs: Jobs) -> Act:
    """Call a method of jobs, or its twin, and answer the counts."""

    def call(name: str, **facts: Any) -> dict[Any, int]:
        if request.param == "blocking":
            return dict(getattr(jobs, name)(**facts).counts)

        async def awaited() -> dict[Any, int]:
            found: Awaitable[Any] = getattr(jobs, f"a{name}")(**facts)
            assert inspect.isawaitable(found)
            return dict((await found).counts)

        return asyncio.run(awaited())

    return call


@pytest.fixture
def refs(jobs: Jobs) -> dict[str, Ref[None]]:
    """One job for each way to differ."""
    job = jobs.register(lambda: None, name="job", retries=0)
    return {
        "plain": job.enqueue(),
        "red": job.using(tags=["red"]).enqueue(),
        "mail": job.using(queue="mail").enqueue(),
        "both": job.using(queue="mail", tags=["red"]).enqueue(),
        "other": job.using(queue="mail", tags=["blue"], args={"customer": 17}, reply_to="mailto:ann").enqueue(),
    }


def states(refs: dict[str, Ref[None]]) -> dict[str, State]:
    return {name: ref.status().state for name, ref in refs.items()}


def test_exactly_the_intersection_is_cancelled(act: Act, refs: dict[str, Ref[None]]) -> None:
    assert act("cancel_many", states=[State.QUEUED], queues=["mail"], tag="red", by="ann") == {
        CancelAnswer.CANCELLED: 1
    }
    before = dict.fromkeys(refs, State.QUEUED)
    assert states(refs) == before | {"both": State.CANCELLED}
    assert refs["both"].status().reason == "cancelled by ann"
    assert act("cancel_many", args={"customer": 17}, reply_to="mailto:ann") == {CancelAnswer.CANCELLED: 1}
    assert states(refs) == before | {"both": State.CANCELLED, "other": State.CANCELLED}


@pytest.mark.parametrize("name", ["cancel_many", "retry_many"])
@pytest.mark.parametrize("where", [{}, {"states": []}, {"queues": (), "names": []}])
def test_a_filter_that_says_nothing_is_refused_unless_all_are_meant(
    act: Act, refs: dict[str, Ref[None]], name: str, where: Any
) -> None:
    with pytest.raises(OptionInvalid, match="nothing says which jobs; give a filter, or all=True"):
        act(name, **where)
    with pytest.raises(OptionInvalid, match="all=True and a filter exclude each other"):
        act(name, all=True, tag="red")
    with pytest.raises(OptionUnknown, match="did you mean 'states'"):
        act(name, state="failed")
    assert states(refs) == dict.fromkeys(refs, State.QUEUED)


def test_all_means_all_that_have_not_ended(act: Act, refs: dict[str, Ref[None]], turns: Turns) -> None:
    turns.claim()
    assert act("cancel_many", all=True) == {CancelAnswer.CANCELLED: 4, CancelAnswer.REQUESTED: 1}
    assert act("cancel_many", all=True) == {CancelAnswer.ALREADY_REQUESTED: 1}
    assert act("cancel_many", queues=["mail"], states=list(State)) == {CancelAnswer.FINAL: 3}


def test_all_that_ended_badly_are_retried(act: Act, refs: dict[str, Ref[None]]) -> None:
    act("cancel_many", tag="red")
    act("cancel_many", tag="blue")
    assert act("retry_many", tag="red", by="ann") == {RequeueAnswer.REQUEUED: 2}
    assert act("retry_many", all=True) == {RequeueAnswer.REQUEUED: 1}
    assert states(refs) == dict.fromkeys(refs, State.QUEUED)
    assert [event.by for event in refs["red"].detail().events] == [None, "ann"]
    assert act("retry_many", states=[State.QUEUED], queues=["mail"]) == {RequeueAnswer.REFUSED: 3}
    assert act("retry_many", all=True) == {}


def test_pages_and_chunks_miss_nobody(act: Act, jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errand, "PAGE", 10)
    monkeypatch.setattr(errand, "CHUNK", 3)
    job = jobs.register(lambda n: n, name="job")
    jobs.enqueue_many(job.using(tags=["bulk"] if n % 3 else []).call(n) for n in range(60))
    assert act("cancel_many", tag="bulk") == {CancelAnswer.CANCELLED: 40}
    assert act("retry_many", tag="bulk") == {RequeueAnswer.REQUEUED: 40}
    monkeypatch.setattr(errand, "JOBS_MAX", 25)
    assert act("cancel_many", all=True) == {CancelAnswer.CANCELLED: 25}


def test_other_coroutines_run_between_the_transactions(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errand, "CHUNK", 1)
    job = jobs.register(lambda n: n, name="job")
    jobs.enqueue_many(job.call(n) for n in range(20))

    async def both() -> tuple[int, int]:
        many = asyncio.ensure_future(jobs.acancel_many(all=True))
        turns = 0
        while not many.done():
            turns += 1
            await jobs.acounts()
        return turns, (await many).total

    turns, total = asyncio.run(both())
    assert total == 20
    assert turns > 5


def test_another_apps_jobs_are_left_alone(jobs: Jobs, refs: dict[str, Ref[None]]) -> None:
    with Jobs(jobs.place, app="shop", clock=jobs.clock, durability="relaxed") as shop:
        assert shop.cancel_many(all=True).total == 0
        other = shop.register(lambda: None, name="job").enqueue()
        assert jobs.cancel_many(all=True).total == 5
        assert other.status().state is State.QUEUED


def test_lists_are_sorted_and_go_on_in_that_order(jobs: Jobs) -> None:
    job = jobs.register(lambda: None, name="job")
    refs = [job.using(priority=n).enqueue() for n in (3, 1, 2)]
    wanted = [refs[0].id, refs[2].id, refs[1].id]
    assert [row.id for row in jobs.list(sort="-priority").rows] == wanted
    assert [row.id for row in asyncio.run(jobs.alist(sort="priority")).rows] == wanted[::-1]
    first = jobs.list(sort="-priority", limit=2)
    assert [row.id for row in jobs.list(sort="-priority", after=first.next_after).rows] == wanted[2:]
    assert [row.id for row in jobs.list(sort="-priority", offset=1, limit=1).rows] == wanted[1:2]
    with pytest.raises(OptionInvalid, match="sort cannot be 'prio'; did you mean priority"):
        jobs.list(sort="prio")  # type: ignore[arg-type]
    with pytest.raises(OptionInvalid, match="jobs can be sorted by created, due"):
        jobs.list(sort="zzz")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "found"), [("17", True), (17, True), ("Rome", False), (17.5, False), (True, False), (None, False)]
)
def test_a_fact_is_looked_for_by_its_value(jobs: Jobs, refs: dict[str, Ref[None]], value: Any, found: bool) -> None:
    assert [row.id for row in jobs.list(args={"customer": value}).rows] == ([refs["other"].id] if found else [])


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({}, "must be a dict of facts"),
        ("customer=17", "must be a dict of facts"),
        ({"customer": [17]}, r"args\['customer'\] cannot be looked for by \[17\]"),
        ({"k" * 201: "v"}, "is too long to be looked for: 200 characters of a name and 500 of a value"),
        ({"k": "v" * 501}, "is too long to be looked for"),
        ({f"k{n}": "v" for n in range(11)}, "takes at most 10 facts, 11 were given"),
    ],
)
def test_facts_that_cannot_be_looked_for_are_refused(jobs: Jobs, facts: Any, says: str) -> None:
    with pytest.raises(OptionInvalid, match=says):
        jobs.list(args=facts)
