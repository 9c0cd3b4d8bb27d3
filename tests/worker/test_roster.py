"""What a node tells the store about the schedules that its code has."""

import logging
from pathlib import Path

import pytest

from headway.model.schedule import Managed, Overlap, ScheduleState
from headway.worker.roster import few
from tests.conformance.owned_clock import OwnedClock
from tests.worker.test_scheduler import HOURLY, Bench, definition


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture(autouse=True)
def _every_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="headway.worker")


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    found = [record.getMessage() for record in caplog.records]
    caplog.clear()
    return found


def test_what_is_new_and_changed_is_said_in_one_line_and_what_is_the_same_not_again(
    place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = Bench(place, OwnedClock(), definition("a"), definition("b"))
    first.roster.say()
    first.roster.say()
    assert said(caplog) == ["registered 2 schedules: 2 new (a, b)"]
    second = Bench(place, OwnedClock(), definition("a"), definition("b", overlap=Overlap.ALLOW), definition("c"))
    second.roster.say()
    assert said(caplog) == ["registered 3 schedules: 1 new (c), 1 changed (b)"]
    third = Bench(place, OwnedClock(), definition("a"), definition("b", overlap=Overlap.ALLOW), definition("c"))
    third.roster.say()
    assert said(caplog) == ["registered 3 schedules"]
    for bench in (first, second, third):
        bench.store.close()


def test_what_is_learnt_later_is_told_too(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(place, OwnedClock(), definition("a"))
    bench.roster.say()
    bench.roster.learn([definition("a"), definition("late")])
    assert not bench.roster.is_said
    bench.roster.say()
    assert said(caplog) == ["registered 1 schedule: 1 new (a)", "registered 2 schedules: 1 new (late)"]
    assert bench.roster.is_said
    bench.store.close()


def test_a_node_with_a_new_identity_declares_anew(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(place, OwnedClock(), definition("a"))
    bench.roster.say()
    old = bench.node.uid
    bench.node.enter_again()
    bench.store.call(bench.store.reap(dead=(old,), lease_us=1, beat_us=1))
    assert not bench.roster.is_said
    bench.roster.say()
    assert bench.roster.is_said
    bench.clock.advance(3600)
    other = Bench(place, bench.clock, definition("b"))
    other.roster.say()
    assert "no worker's code" not in caplog.text
    assert bench.row("a").state is ScheduleState.ACTIVE
    for one in (bench, other):
        one.store.close()


def test_what_no_living_node_declares_is_named_in_a_warning(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = OwnedClock()
    old = Bench(place, clock, definition("kept"), definition("gone"))
    old.roster.say()
    old.node.leave()
    old.store.close()
    new = Bench(place, clock, definition("kept"))
    new.roster.say()
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warning.startswith("no worker's code declares gone any more")
    new.store.close()


def test_what_the_code_says_of_one_that_the_store_manages_is_told_not_to_count(
    place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = Bench(place, OwnedClock(), definition("theirs", managed=Managed.DB), definition("ours"))
    first.roster.say()
    said(caplog)
    second = Bench(place, OwnedClock(), definition("theirs"), definition("ours"))
    second.roster.say()
    _, warning = said(caplog)
    assert warning.startswith("what the code says of theirs is not taken")
    assert "headway recurring remove NAME --yes, then restart a worker" in warning
    third = Bench(place, OwnedClock(), definition("theirs", managed=Managed.DB), definition("ours"))
    third.roster.say()
    assert said(caplog) == ["registered 2 schedules: 1 kept as the store has them (theirs)"]
    for one in (first, second, third):
        one.store.close()


def test_a_node_without_schedules_declares_that_only_where_its_app_has_some(place: Path) -> None:
    clock = OwnedClock()
    bare = Bench(place, clock)
    assert bare.roster.is_empty
    bare.roster.say()
    assert bare.roster.is_said
    other = Bench(place, clock, definition("a"), definition("b", managed=Managed.DB))
    other.roster.say()
    other.node.leave()
    other.store.close()
    clock.advance(3600)
    late = Bench(place, clock)
    late.roster.say()
    assert (late.row("a").state, late.row("b").state) == (ScheduleState.ORPHANED, ScheduleState.ACTIVE)
    for one in (bare, late):
        one.store.close()


def test_only_the_first_names_are_said() -> None:
    assert few(tuple("abcdefghijkl")) == "a, b, c, d, e, f, g, h, i, j and 2 more"


OLD, NEW = definition("a", description="old"), definition("a", description="new")


def test_a_process_that_was_taken_for_dead_does_not_undo_what_newer_code_says(
    place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = OwnedClock()
    old, new = Bench(place, clock, OLD), Bench(place, clock, NEW)
    for bench in (old, new):
        bench.tick()
    lost = old.node.uid
    old.node.enter_again()
    old.store.call(old.store.reap(dead=(lost,), lease_us=1, beat_us=1))
    said(caplog)
    old.tick()
    assert (old.roster.is_said, said(caplog)) == (True, [])
    assert new.row("a").definition == NEW
    for bench in (old, new):
        bench.store.close()


def test_what_a_process_never_said_is_news_whatever_it_said_of_that_name(place: Path) -> None:
    bench = Bench(place, OwnedClock(), OLD)
    bench.roster.say()
    bench.roster.learn([NEW])
    bench.roster.say()
    assert bench.row("a").definition == NEW
    bench.store.close()


def test_code_that_no_node_has_any_more_gives_way_to_what_a_living_node_says(
    place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = OwnedClock()
    stays, goes = Bench(place, clock, NEW), Bench(place, clock, OLD)
    for bench in (stays, goes):
        bench.tick()
    goes.node.leave()
    goes.store.close()
    for _ in range(3):
        clock.advance(20)
        stays.tick()
    assert stays.row("a").definition == OLD
    said(caplog)
    clock.advance(31)
    stays.tick()
    assert stays.row("a").definition == NEW
    assert said(caplog) == [
        "what is stored of a is no living worker's code any more: what this worker's code says counts again",
        "registered 1 schedule: 1 changed (a)",
    ]
    clock.advance(31)
    stays.tick()
    assert said(caplog) == []
    stays.store.close()


def test_what_the_upkeep_orphaned_is_told_once(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = OwnedClock()
    stays, goes = Bench(place, clock, definition("b", HOURLY)), Bench(place, clock, definition("a", HOURLY))
    for bench in (stays, goes):
        bench.tick()
    goes.node.leave()
    goes.store.close()
    said(caplog)
    for _ in range(6):
        clock.advance(20)
        stays.store.call(stays.store.tend())
        stays.tick()
    (line,) = said(caplog)
    assert line.startswith("no worker's code declares a any more")
    late = Bench(place, clock, definition("b", HOURLY))
    late.tick()
    assert said(caplog) == ["registered 1 schedule"]
    for bench in (stays, late):
        bench.store.close()
