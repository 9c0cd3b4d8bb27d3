"""Figures for a dashboard: months, groups of failures, handlers and queues, and what a worker's upkeep does for them."""

from typing import Any

import pytest

from headway.model.job import State
from headway.model.outcome import EndKind, ErrorText
from headway.store.figures import FailureGroup, Failures, Quantiles
from headway.store.protocol import Operation
from headway.store.verbs import figures
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.recount import DAY_US, HOUR_US, MINUTE_US
from tests.conformance.world import World

HOUR = 3600


def read(world: World, operation: Operation[Any]) -> Any:
    return world.store.reader.call(operation)


def fail(world: World, node: int, code: str | None = None, **facts: Any) -> int:
    claim = world.running(node, **facts)
    error = ErrorText(type="E", message=f"no {claim.id}", traceback="")
    world.end(node, claim, EndKind.RAISED, permanent=True, code=code, reason=f"no {claim.id}", error=error)
    return claim.id


@pytest.mark.parametrize("folds", [True, False])
def test_a_handler_has_its_ends_and_how_long_it_ran_and_waited(world: World, node: int, folds: bool) -> None:
    for run in (1, 2, 3, 4, 20):
        job = world.put()
        world.clock.advance(2)
        world.beat(node)
        claim = world.take(node, job)
        world.clock.advance(run)
        world.end(node, claim)
    fail(world, node, queue="mail")
    world.clock.advance(2)
    while folds and world.store.fold():
        pass
    now = world.clock.now_us()
    (handler,) = read(world, world.store.reader.handler_figures(app="default", from_us=now - HOUR_US, until_us=now))
    assert handler.ended == {State.COMPLETED: 5, State.FAILED: 1}
    assert isinstance(handler.run, Quantiles)
    assert handler.run.p50 == pytest.approx(3 * SECOND_US, rel=0.07)
    assert handler.run.p95 == handler.run.p99 == pytest.approx(20 * SECOND_US, rel=0.07)
    assert handler.run.longest == 20 * SECOND_US
    assert handler.wait is not None
    assert handler.wait.p50 == handler.wait.longest == 2 * SECOND_US
    queues = read(world, world.store.reader.queue_figures(app="default", from_us=now - HOUR_US, until_us=now))
    assert [(one.name, sum(one.ended.values())) for one in queues] == [("default", 5), ("mail", 1)]
    assert queues[1].run is None
    assert read(world, world.store.reader.handler_figures(app="shop", from_us=now - HOUR_US, until_us=now)) == ()


def test_a_job_that_goes_again_and_ends_counts_where_it_ended_each_time(world: World, node: int) -> None:
    job = fail(world, node)
    world.clock.advance(2)
    world.store.fold()
    world.store.fold()
    world.store.call(world.store.requeue(job))
    world.clock.advance(120)
    world.beat(node)
    world.end(node, world.take(node, job))
    now = world.clock.now_us()
    spans = read(
        world,
        world.store.reader.ended_over_time(
            app=None, from_us=now - 3 * MINUTE_US, until_us=now + MINUTE_US, step_us=MINUTE_US
        ),
    )
    assert [span.ended for span in spans if span.ended] == [{State.FAILED: 1}, {State.COMPLETED: 1}]


def test_months_are_those_of_creation_newest_first_and_follow_what_goes(world: World, node: int) -> None:
    old = world.running(node)
    world.clock.advance(20 * 24 * HOUR)
    node = world.node()
    world.reap()
    world.end(node, world.take(node, old.id))
    bad = fail(world, node)
    months = world.store.reader.months(app="default")
    expected = [("2027-02", 1, {State.FAILED: 1}), ("2027-01", 1, {State.COMPLETED: 1})]
    assert [(one.name, one.jobs, one.ended) for one in read(world, months)] == expected
    world.clock.advance(2)
    while world.store.fold():
        pass
    assert [(one.name, one.jobs, one.ended) for one in read(world, months)] == expected
    assert read(world, world.store.reader.months(app="shop")) == ()
    world.store.call(world.store.requeue(bad))
    assert [one.name for one in read(world, months)] == ["2027-01"]


def test_failures_are_grouped_by_handler_and_code_the_most_first(world: World, node: int) -> None:
    jobs = [fail(world, node, "gone"), fail(world, node, "gone"), fail(world, node, name="other"), fail(world, node)]
    world.end(node, world.running(node))
    found = read(world, world.store.reader.failures(app="default"))
    now = world.clock.now_us()
    assert (found.looked_at, found.all_of_them) == (4, True)
    assert [(one.name, one.code, one.jobs, one.newest_id) for one in found.groups] == [
        ("work", "gone", 2, jobs[1]),
        ("work", None, 1, jobs[3]),
        ("other", None, 1, jobs[2]),
    ]
    assert found.groups[0] == FailureGroup(
        name="work", code="gone", jobs=2, newest_id=jobs[1], newest_us=now, newest_reason=f"no {jobs[1]}"
    )


def test_of_failures_the_newest_are_looked_at(world: World, node: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(world, world.store.reader.failures(app=None)) == Failures(groups=(), looked_at=0, all_of_them=True)
    monkeypatch.setattr(figures, "FAILED_MAX", 2)
    for name in ("other", "work", "work"):
        fail(world, node, name=name)
    found = read(world, world.store.reader.failures(app=None))
    assert [one.name for one in found.groups] == ["work"]
    assert (found.looked_at, found.all_of_them) == (2, False)
    assert read(world, world.store.reader.failures(app="shop")).groups == ()


def test_long_spans_are_told_in_hours_and_in_days(world: World, node: int) -> None:
    world.end(node, world.running(node))
    at = world.clock.now_us()
    reader = world.store.reader
    asked = {7 * HOUR_US: HOUR_US, 8 * DAY_US: DAY_US, HOUR_US: MINUTE_US}
    for length, step in asked.items():
        begins = at // step * step + step // 2 + 1
        if at < begins:
            assert len(read(world, reader.handler_figures(app=None, from_us=begins, until_us=begins + length))) == 1
        later = at // step * step + step
        assert read(world, reader.handler_figures(app=None, from_us=later, until_us=later + length)) == ()


def test_times_that_a_clock_set_back_made_negative_are_left_out(world: World, node: int) -> None:
    claim = world.running(node)
    world.clock.step_wall(-10)
    world.end(node, claim)
    now = world.clock.now_us()
    (handler,) = read(world, world.store.reader.handler_figures(app=None, from_us=now - HOUR_US, until_us=now + 1))
    assert (handler.ended, handler.run) == ({State.COMPLETED: 1}, None)
