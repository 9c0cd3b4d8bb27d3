"""Races in lines, with real connections and a barrier: two stores on one place, as two processes would have them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from headway.model.job import State
from headway.store.protocol import JobFilter
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.places import Kind
from tests.conformance.test_races import Pair
from tests.conformance.world import PLENTY, World

ROUNDS = 60
PROCESSES = 4
LANES = 8
JOBS_EACH = 30
SMTP = "smtp"


@pytest.fixture
def pair(store_kind: Kind, tmp_path: Path, clock: OwnedClock) -> Iterator[Pair]:
    worlds = [World(store=store_kind.open(tmp_path, clock), clock=clock, prefix=prefix) for prefix in ("one", "two")]
    pair = Pair(*worlds)
    yield pair
    pair.close()


def test_two_claimers_never_have_more_of_a_key_than_its_limit(pair: Pair) -> None:
    nodes = pair.one.node(), pair.two.node()
    for number in range(ROUNDS):
        key = f"key-{number}"
        jobs = [pair.one.put(key=key, key_limit=2, queue=f"q{one % 3}") for one in range(5)]
        granted = pair.race(partial(pair.one.claim, nodes[0], PLENTY), partial(pair.two.claim, nodes[1], PLENTY))
        assert len(granted[0]) + len(granted[1]) == 2
        pair.one.healthy()
        for job in jobs:
            pair.one.store.call(pair.one.store.cancel(job))
        for world, node, claims in zip((pair.one, pair.two), nodes, granted, strict=True):
            for claim in claims:
                world.end(node, claim)


def test_two_claimers_never_share_a_named_worker(pair: Pair) -> None:
    nodes = pair.one.node(), pair.two.node()
    ran = []
    jobs = [pair.one.put(lane=SMTP, queue=f"q{one % 2}") for one in range(ROUNDS)]
    for _ in jobs:
        granted = pair.race(partial(pair.one.claim, nodes[0], PLENTY), partial(pair.two.claim, nodes[1], PLENTY))
        ((world, node, claim),) = [
            (world, node, claim)
            for world, node, claims in zip((pair.one, pair.two), nodes, granted, strict=True)
            for claim in claims
        ]
        ran.append(claim.id)
        world.end(node, claim)
    assert ran == jobs


@pytest.mark.parametrize("facts", [{"key": "ann"}, {"lane": SMTP}], ids=["key", "named worker"])
def test_an_end_against_an_enqueue_leaves_nobody_waiting(pair: Pair, facts: dict[str, str]) -> None:
    node = pair.one.node()
    for _ in range(ROUNDS):
        claim = pair.one.running(node, **facts)
        _, job = pair.race(partial(pair.one.end, node, claim), partial(pair.two.put, **facts))
        pair.one.healthy()
        pair.one.end(node, pair.one.take(node, job))


@pytest.mark.parametrize("facts", [{"key": "ann"}, {"lane": SMTP}], ids=["key", "named worker"])
def test_a_cancel_against_a_claim_leaves_nobody_waiting(pair: Pair, facts: dict[str, str]) -> None:
    node = pair.one.node()
    for _ in range(ROUNDS):
        first, second = pair.one.put(**facts), pair.one.put(**facts)
        claims, _ = pair.race(
            partial(pair.one.claim, node, PLENTY), partial(pair.two.store.call, pair.two.store.cancel(first))
        )
        pair.one.healthy()
        for claim in claims:
            pair.one.end(node, claim)
        for claim in pair.one.claim(node, PLENTY):
            pair.one.end(node, claim)
        assert pair.one.state(second) is State.COMPLETED


@pytest.mark.parametrize("facts", [{"key": "ann"}, {"lane": SMTP}], ids=["key", "named worker"])
def test_an_end_against_a_reap_gives_the_place_back_once(pair: Pair, facts: dict[str, str]) -> None:
    node = pair.two.node("lives")
    for number in range(ROUNDS):
        doomed = pair.one.node(f"doomed-{number}")
        claim = pair.one.running(doomed, **facts)
        after = pair.one.put(**facts)
        pair.race(partial(pair.one.settle, doomed, claim), partial(pair.two.reap, f"doomed-{number}"))
        pair.one.healthy()
        while granted := pair.two.claim(node, PLENTY):
            assert len(granted) == 1
            pair.two.end(node, granted[0])
        assert pair.two.state(after) is State.COMPLETED


@pytest.mark.timeout(40)
def test_many_processes_run_named_workers_one_at_a_time_in_order(store_kind: Kind, tmp_path: Path, pair: Pair) -> None:
    total = LANES * JOBS_EACH
    pair.one.enqueue(*[pair.one.new(lane=f"lane-{number % LANES}", key="all", key_limit=5) for number in range(total)])
    script = str(Path(__file__).with_name("claimer.py"))
    children = [
        subprocess.Popen(
            [sys.executable, script, store_kind.place(tmp_path), f"process-{number}", "3"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for number in range(PROCESSES)
    ]  # fmt: skip
    try:
        assert [child.stdout and child.stdout.readline() for child in children] == ["ready\n"] * PROCESSES
        for child in children:
            assert child.stdin
            child.stdin.write("go\n")
            child.stdin.flush()
        told = [json.loads(child.communicate(timeout=30)[0]) for child in children]
    finally:
        for child in children:
            child.kill()
            child.wait()
    assert sum(map(len, told)) == total
    reader = pair.one.store.reader
    for number in range(LANES):
        rows = reader.call(reader.page(JobFilter(lane=f"lane-{number}"), limit=JOBS_EACH)).rows[::-1]
        assert len(rows) == JOBS_EACH
        for before, after in pairwise(rows):
            assert (before.finished_us or 0) <= (after.started_us or 0)
    pair.one.healthy()
