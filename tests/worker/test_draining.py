"""A worker that is drained gives back what has not begun, claims nothing, lets what runs end, and works again when told."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from headway.model.outcome import EndKind
from tests.worker.stage import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def drain(bench: Bench) -> None:
    assert bench.store.call(bench.store.drain_node(bench.node.uid))


def undrain(bench: Bench) -> None:
    assert bench.store.call(bench.store.undrain_node(bench.node.uid))


def beat(bench: Bench) -> None:
    bench.engine.heard(bench.store.call(bench.store.beat(bench.node.id, lease_us=bench.node.lease_us)))


def test_what_runs_ends_and_nothing_else_begins(bench: Bench) -> None:
    jobs = [bench.enqueue() for _ in range(3)]
    bench.turn()
    drain(bench)
    for claim in tuple(bench.host.given):
        bench.host.end(claim)
        bench.turn()
    assert [bench.state(job) for job in jobs] == ["completed", "completed", "queued"]
    assert (bench.engine.running, bench.engine.idle.is_set()) == (0, True)
    undrain(bench)
    bench.turn()
    assert [claim.id for claim in bench.host.given] == jobs


def test_what_has_not_begun_is_given_back_uncharged(bench: Bench) -> None:
    job = bench.enqueue(retries=0)
    bench.turn()
    drain(bench)
    assert bench.host.releases == 0
    bench.turn()
    assert (bench.host.releases, bench.pool.releases) == (1, 1)
    bench.host.end(bench.host.given[0], EndKind.RELEASED)
    bench.turn()
    row = bench.store.reader.call(bench.store.reader.job(job))
    assert row is not None
    assert (row.state.value, row.tries) == ("queued", 0)


def test_a_full_worker_hears_of_it_with_a_beat(bench: Bench) -> None:
    for _ in range(2):
        bench.enqueue()
    bench.enqueue("heavy")
    bench.turn()
    drain(bench)
    bench.engine.turn()
    assert bench.host.releases == 0, "it has no room, and so asks for nothing"
    beat(bench)
    bench.engine.turn()
    assert bench.host.releases == 1


def test_the_end_of_it_comes_with_a_beat_too(bench: Bench) -> None:
    drain(bench)
    beat(bench)
    bench.engine.turn()
    job = bench.enqueue()
    undrain(bench)
    beat(bench)
    bench.engine.turn()
    assert bench.state(job) == "running"


def test_it_stands_by_for_nothing(bench: Bench) -> None:
    drain(bench)
    bench.turn()
    bench.turn()
    assert bench.state(bench.enqueue()) == "queued"
    undrain(bench)
    bench.turn()
    bench.host.end(bench.host.given[0])
    bench.turn()
    assert bench.state(bench.enqueue()) == "running"


def test_it_is_told_once_and_its_end_too(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="headway.worker")
    drain(bench)
    for _ in range(2):
        bench.turn()
        beat(bench)
    undrain(bench)
    bench.turn()
    assert ["starts nothing more" in record.getMessage() for record in caplog.records] == [True, False]


def test_a_drained_worker_that_lost_its_lease_is_drained_under_its_new_name(bench: Bench) -> None:
    drain(bench)
    bench.turn()
    before = bench.node.uid
    bench.store.call(bench.store.reap(dead=[before], lease_us=1, beat_us=1))
    bench.engine.lose()
    bench.turn()
    job = bench.enqueue()
    bench.turn()
    assert bench.node.uid != before
    assert bench.state(job) == "queued"
    undrain(bench)
    bench.turn()
    assert bench.state(job) == "running"
