"""Races over schedules with real connections and processes: one job for each instant, whoever comes first."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from headway.model.job import State
from headway.model.schedule import Overlap, ScheduleState
from headway.model.timetable import every
from headway.store.open import open_store
from headway.store.protocol import JobFilter
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.places import Kind
from tests.conformance.scheduling import (
    APP,
    MINUTE,
    MINUTE_US,
    declare,
    end_all,
    fire,
    look,
    minutely,
    pass_minutes,
    pause,
    put,
    remove,
    resume,
    runs,
    ticks,
    trigger,
)
from tests.conformance.test_races import Pair
from tests.conformance.world import World

ROUNDS = 60
SCHEDULES = 60
RUNS_EACH = 3
WAIT_S = 15
NODES = 10
TICKS = 10_000
MINUTES = 250


@pytest.fixture
def pair(store_kind: Kind, tmp_path: Path, clock: OwnedClock) -> Iterator[Pair]:
    worlds = [World(store=store_kind.open(tmp_path, clock), clock=clock, prefix=prefix) for prefix in ("one", "two")]
    pair = Pair(*worlds)
    yield pair
    pair.close()


@pytest.mark.parametrize("overlap", Overlap)
def test_two_processes_look_at_the_same_instant(pair: Pair, overlap: Overlap) -> None:
    one, two = pair.one, pair.two
    node = one.node()
    declare(one, node, *(minutely(f"m{number}", overlap=overlap) for number in range(3)))
    for _ in range(ROUNDS):
        one.clock.advance(MINUTE)
        first, second = pair.race(partial(fire, one), partial(fire, two))
        assert sorted((first.runs, second.runs)) == [0, 3]
        end_all(one, node)
    assert [look(one, f"m{number}").run_count for number in range(3)] == [ROUNDS] * 3
    one.healthy()


def test_the_end_of_a_run_against_the_next_instant(pair: Pair) -> None:
    one, two = pair.one, pair.two
    node = one.node()
    declare(one, node, minutely())
    for _ in range(ROUNDS):
        pass_minutes(one)
        (claim,) = one.claim(node)
        one.clock.advance(MINUTE)
        state, fired = pair.race(partial(one.end, node, claim), partial(fire, two))
        assert (state, fired.runs + fired.skipped) == (State.COMPLETED, 1)
        end_all(one, node)
    one.healthy()


def test_a_run_by_hand_against_the_instant(pair: Pair) -> None:
    """Whoever comes second meets the other's run."""
    one, two = pair.one, pair.two
    node = one.node()
    declare(one, node, minutely(overlap="queue"))
    for _ in range(ROUNDS):
        one.clock.advance(MINUTE)
        fired, by_hand = pair.race(partial(fire, one), partial(trigger, two))
        assert fired.runs == 1
        assert Counter(row.state for row in runs(one)[-2:]) == {State.QUEUED: 1, State.WAITING: 1}
        assert two.row(by_hand.id).state in {State.QUEUED, State.WAITING}
        end_all(one, node)
    one.healthy()


@pytest.mark.parametrize("verb", [pause, remove], ids=lambda verb: verb.__name__)
def test_a_person_against_the_instant(pair: Pair, verb: Callable[..., object]) -> None:
    one, two = pair.one, pair.two
    for number in range(ROUNDS):
        name = f"m{number}"
        put(one, minutely(name))
        one.clock.advance(MINUTE)
        fired, _ = pair.race(partial(fire, one), partial(verb, two, name))
        assert len(runs(one, name)) == fired.runs
        if verb is pause:
            assert look(one, name).state is ScheduleState.PAUSED
            remove(one, name)
        assert fire(one).runs == 0
    one.healthy()


def test_a_registration_against_the_instant(pair: Pair) -> None:
    one, two = pair.one, pair.two
    nodes = one.node(), two.node()
    declare(one, nodes[0], minutely(overlap="allow"))
    declare(two, nodes[1], minutely(overlap="allow"))
    for number in range(ROUNDS):
        one.clock.advance(MINUTE)
        changed = minutely(overlap="allow", description=str(number))
        fired, _ = pair.race(partial(fire, one), partial(declare, two, nodes[1], changed))
        assert fired.runs == 1
    assert len(ticks(one)) == ROUNDS
    one.healthy()


def test_two_registrations_of_the_same_new_schedules(pair: Pair) -> None:
    nodes = pair.one.node(), pair.two.node()
    for number in range(ROUNDS):
        names = [minutely(f"m{one}") for one in range(number + 1)]
        answers = pair.race(partial(declare, pair.one, nodes[0], *names), partial(declare, pair.two, nodes[1], *names))
        assert sorted(len(answer.added) for answer in answers) == [0, 1]
    pair.one.healthy()


def test_two_who_resume_one(pair: Pair) -> None:
    put(pair.one, minutely())
    for _ in range(ROUNDS):
        pause(pair.one)
        assert sorted(pair.race(partial(resume, pair.one), partial(resume, pair.two))) == [False, True]
    pair.one.healthy()


@pytest.mark.timeout(180)
def test_ten_nodes_make_one_job_of_each_of_ten_thousand_instants(
    store_kind: Kind, tmp_path: Path, clock: OwnedClock
) -> None:
    """Forty schedules of every minute; in every fourth minute only half of the nodes look."""
    stores = [store_kind.open(tmp_path, clock) for _ in range(NODES)]
    worlds = [World(store=store, clock=clock, prefix=f"node{number}") for number, store in enumerate(stores)]
    names = [f"m{number}" for number in range(TICKS // MINUTES)]
    for name in names:
        put(worlds[0], minutely(name, overlap="allow", misfire="all"))
    first = clock.now_us()
    fired = 0
    with ThreadPoolExecutor(NODES) as pool:
        for minute in range(MINUTES):
            clock.advance(MINUTE)
            looking = worlds[:: 1 + (minute % 4 == 0)]
            fired += sum(done.runs for done in pool.map(fire, looking))
    assert fired == TICKS
    for name in names:
        found = runs(worlds[0], name)
        assert [row.due_us for row in found] == [first + (1 + place) * MINUTE_US for place in range(MINUTES)]
        assert len({row.id for row in found}) == MINUTES
        assert look(worlds[0], name).run_count == MINUTES
    worlds[0].healthy()
    for store in stores:
        store.close()


def start(place: str) -> subprocess.Popen[str]:
    script = str(Path(__file__).with_name("firer.py"))
    return subprocess.Popen([sys.executable, script, place], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


@pytest.mark.timeout(60)
def test_processes_fire_each_instant_once_while_one_is_killed(store_kind: Kind, tmp_path: Path) -> None:
    """By the real clock: sixty schedules of every second, three runs each, and one process dies on the way."""
    place = store_kind.place(tmp_path)
    processes = [start(place) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    store = open_store(place, durability="relaxed")
    names = [f"m{number}" for number in range(SCHEDULES)]
    for name in names:
        definition = minutely(
            name, timetable=every(seconds=1), overlap="allow", misfire="all", max_runs=RUNS_EACH, run_at_start=True
        )
        store.call(store.put_schedule(definition))
    try:
        for process in processes:
            go(process)
        victim, *others = processes
        assert victim.stdout is not None
        victim.stdout.readline()
        victim.kill()
        for process in others:
            process.communicate(timeout=WAIT_S)
            assert process.returncode == 0
    finally:
        for process in processes:
            process.kill()
            with process:  # closes its pipes
                process.wait()
    for name in names:
        row = store.reader.call(store.reader.schedule(APP, name))
        assert row is not None
        found = store.reader.call(store.reader.ticks(row.id))
        assert [tick.outcome for tick in found] == ["started"] * RUNS_EACH
        instants = [tick.instant_us for tick in reversed(found)]
        assert instants == [row.anchor_us + place * 1_000_000 for place in range(RUNS_EACH)]
    page = store.reader.call(store.reader.page(JobFilter(app=APP), limit=1000))
    assert len({job.ref_id for job in page.rows}) == len(page.rows) == SCHEDULES * RUNS_EACH
    assert store.call(store.audit()) == ()
    store.close()
