"""A rolling deploy with a migration in the middle: nodes and clients of old and new code on one store, and nobody notices."""

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.scene import Process, Scene, wait_until
from headway.store.open import look
from tests.acceptance.later import EXPAND, compatible, later_headway, newest, with_code
from tests.faults.load import Load, check
from tests.moving.stores import place_of
from tests.postgres.databases import drop_databases

pytestmark = pytest.mark.timeout(120)

INDEX = "-- outside_transaction\nCREATE INDEX CONCURRENTLY headway_job_later ON headway_job (later, id);\n"
STEPS = {
    "sqlite": [EXPAND, "CREATE INDEX headway_job_later ON headway_job (later, id);\n"],
    "postgres": [EXPAND, INDEX],
}
ENQUEUE = """
import json
from faults.bodies import jobs
with jobs:
    ids = [jobs.job_named("short").enqueue(ms=20).id for _ in range(50)]
    facts = jobs.store.look()
    print(json.dumps({"ids": ids, "knows": facts.schema_newest}))
"""
STATES = """
import json, sys
from faults.bodies import jobs
with jobs:
    for number in json.loads(sys.argv[1]):
        jobs.get(number).wait(timeout=40)
"""
TROUBLE = re.compile(r"Traceback|SchemaTooNew|ERROR")


@pytest.fixture(params=["sqlite", "postgres"])
def kind(request) -> str:
    return request.param


@pytest.fixture
def scene(kind: str, tmp_path: Path) -> Iterator[Scene]:
    url = place_of(kind, tmp_path) if kind == "postgres" else None
    with Scene(tmp_path, url) as one:
        yield one
    drop_databases(tmp_path)


def later(kind: str, folder: Path) -> Path:
    """New code: it has an expanding step more, and an index that is made beside the running work where there is such a thing."""
    return later_headway(folder, {kind: [compatible(kind, text) for text in STEPS[kind]]})


def migrate(scene: Scene, variables: dict[str, str]) -> str:
    """Take the steps of that code."""
    process = scene.start(["-m", "headway", "migrate", "--store", scene.at], environment=variables)
    assert process.ended() == 0, process.text
    return process.text


def stopped(process: Process) -> None:
    """By SIGTERM, in good order."""
    process.signal(signal.SIGTERM)
    assert process.ended() == 0, process.text


def test_nodes_are_replaced_one_by_one_over_a_migration_without_an_error(
    kind: str, scene: Scene, tmp_path: Path
) -> None:
    new = {"PYTHONPATH": with_code(later(kind, tmp_path), scene.environment())["PYTHONPATH"]}
    first, second = scene.worker(lease=6), scene.worker(lease=6)
    with Load(scene.at) as load:
        load.more(30)
        said = migrate(scene, new)
        facts = look(scene.at)
        assert facts is not None
        assert (facts.schema, facts.schema_oldest) == (newest(kind) + 2, newest(kind)), said
        load.more(30)  # both nodes, and the client that was there before
        third = scene.worker(lease=6, environment=new)
        stopped(first)
        newcomers = scene.start(["-c", ENQUEUE], environment=new)
        with Load(scene.at) as another:  # old code that comes only now
            another.more(30)
            late = scene.worker(lease=6)
            load.more(30)
            stopped(second)
            stopped(late)
            load.more(30)
        assert newcomers.ended() == 0, newcomers.text
    check(scene, load, runs_max=0)
    check(scene, another, runs_max=0)
    told = json.loads(newcomers.text)
    enqueued = told["ids"]
    assert told["knows"] == newest(kind) + 2, "that was new code"
    assert set(scene.finish(*enqueued)) == {"completed"}
    assert (load.refused, another.refused) == (0, 0)
    begun = [mark.id for mark in scene.diary(kind="S")]
    assert sorted(begun) == sorted([*load.acknowledged, *another.acknowledged, *enqueued]), "each ran, and none twice"
    assert {mark.pid for mark in scene.diary(kind="S")} & set(third.family()), "the new node did its part"
    stopped(third)
    assert [one.text for one in scene.processes if TROUBLE.search(one.text)] == []


def test_old_code_is_told_when_it_may_not_go_on(kind: str, scene: Scene, tmp_path: Path) -> None:
    new = {"PYTHONPATH": with_code(later_headway(tmp_path, {kind: [EXPAND]}), scene.environment())["PYTHONPATH"]}
    scene.store.call(scene.store.tend())
    migrate(scene, new)
    refused = scene.worker(ready=False)
    assert refused.ended() != 0
    assert "upgrade headway here" in refused.text
    worker = scene.worker(ready=False, environment=new)
    asked = scene.start(["-c", ENQUEUE + "    jobs.get(ids[-1]).wait(timeout=20)"], environment=new)
    assert asked.ended() == 0, f"new code works: {asked.text}{worker.text}"


def test_code_that_has_the_store_open_stops_at_a_step_that_it_does_not_work_with(
    kind: str, scene: Scene, tmp_path: Path
) -> None:
    new = {"PYTHONPATH": with_code(later_headway(tmp_path, {kind: [EXPAND]}), scene.environment())["PYTHONPATH"]}
    workers = [scene.worker(lease=6), scene.worker(lease=6)]
    with Load(scene.at) as load:
        load.more(30)
        migrate(scene, new)
        # It is found at the next turn or beat, and there is load.
        assert [worker.ended() for worker in workers] == [4, 4], [worker.text for worker in workers]
        assert all("upgrade headway here" in worker.text for worker in workers)
        accepted = sorted(load.acknowledged)
        wait_until(lambda: load.refused, "the client is told too")
    assert sorted(load.acknowledged) == accepted, "nothing is accepted by old code"
    third = scene.worker(ready=False, lease=6, environment=new)
    asked = scene.start(["-c", STATES, json.dumps(accepted)], environment=new)
    assert asked.ended() == 0, asked.text + third.text
    begun = {mark.id for mark in scene.diary(kind="S")}
    assert begun == set(accepted), "each ran, and nothing else"
    stopped(third)
