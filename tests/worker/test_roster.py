"""What a node tells the store about the schedules that its code has."""

import logging
from pathlib import Path

import pytest

from headway.model.schedule import Managed, Overlap, ScheduleState
from headway.worker.roster import few
from tests.conformance.owned_clock import OwnedClock
from tests.worker.test_scheduler import Bench, definition


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
