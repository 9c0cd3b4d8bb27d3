"""Sealing by hand, what a check says of seals, and what it says of a copy."""

import shutil
from datetime import UTC, datetime

import pytest

from headway.store.open import look, open_store
from tests.cli.stage import run
from tests.conformance.owned_clock import SECOND_US, OwnedClock
from tests.conformance.world import World


@pytest.fixture
def place(tmp_path):
    """A store with a job that ended in January 2026."""
    clock = OwnedClock()
    clock.wall = int(datetime(2026, 1, 10, tzinfo=UTC).timestamp()) * SECOND_US
    world = World(store=open_store(str(tmp_path / "store"), clock=clock), clock=clock)
    node = world.node("first")
    world.end(node, world.running(node))
    world.store.call(world.store.leave(node))
    world.store.close()
    return tmp_path / "store"


def findings(said, topic):
    return [(one["level"], one["what"], one["advice"]) for one in said.json["findings"] if one["topic"] == topic]


def test_months_that_are_over_are_sealed_at_once(place):
    said = run("archive", "--seal", "--store", place)
    assert (said.code, said.lines) == (0, ["1 job archived", "1 month sealed: jobs_2026-01.db"])
    assert run("archive", "--seal", "--json", "--store", place).json == {"archived": 0, "sealed": ["jobs_2026-01.db"]}
    said = run("check", "--audit", "--json", "--store", place)
    assert (said.code, findings(said, "archive")) == (0, [("fine", "1 month, 1 sealed", "")])


def test_a_sealed_month_that_is_gone_is_a_problem_also_without_reading_it(place):
    run("archive", "--seal", "--store", place)
    (place / "jobs_2026-01.db").rename(place.parent / "aside.db")
    said = run("check", "--json", "--store", place)
    ((level, what, advice),) = findings(said, "archive")
    assert (said.code, level, what) == (1, "problem", "sealed, and not there as they were sealed: jobs_2026-01.db")
    assert "from a backup" in advice
    (breach,) = findings(run("check", "--audit", "--json", "--store", place), "audit")
    assert "jobs_2026-01.db is not there, and 1 archived job(s)" in breach[1]
    assert breach[2].startswith("bring it back")
    (place.parent / "aside.db").rename(place / "jobs_2026-01.db")
    assert run("check", "--audit", "--store", place).code == 0


def test_a_month_is_accepted_as_it_is(place):
    run("archive", "--seal", "--store", place)
    said = run("archive", "--accept", "2026-01", "--store", place)
    assert (said.code, said.lines) == (0, ["0 jobs archived", "1 month sealed: jobs_2026-01.db"])
    said = run("archive", "--accept", "January", "--store", place)
    assert (said.code, said.err.splitlines()[0]) == (2, "headway: January is no month")


def test_a_raw_copy_is_held_and_the_check_says_why_and_what_to_do(place, tmp_path):
    shutil.copytree(place, tmp_path / "copy")
    said = run("check", "--json", "--store", tmp_path / "copy")
    ((level, what, advice),) = findings(said, "claims")
    assert (said.code, level) == (1, "warning")
    assert f"this is a copy of the store that was {place}, or was restored from one; no worker starts a job" in what
    assert advice.startswith("headway resume lets jobs run again")
    assert run("resume", "--store", tmp_path / "copy").lines == [f"{tmp_path / 'copy'}: jobs start again"]
    assert look(str(tmp_path / "copy")).held_why is None
    assert run("check", "--store", tmp_path / "copy").code == 0
