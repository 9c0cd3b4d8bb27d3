"""What an explanation reads of named workers and keys, whoever put the jobs in line."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from headway.model.gate import GateKind
from tests.conformance.valve import explain
from tests.conformance.world import World


def runs(world: World, job: int) -> None:
    with closing(sqlite3.connect(Path(world.store.place) / "jobs.db")) as connection:
        values = (world.clock.now_us(), job)
        connection.execute(
            "UPDATE headway_job SET state = 'running', blocked = NULL, epoch = 1, started_at = ? WHERE id = ?", values
        )
        connection.commit()


@pytest.mark.parametrize("facts", [{"lane": "smtp"}, {"key": "customer:42"}])
def test_who_runs_and_else_who_goes_first(world: World, facts: dict[str, str]) -> None:
    world.node()
    first, second = world.put(**facts), world.put(**facts)
    (gate,) = explain(world, second).gates
    kind = GateKind.WORKER if "lane" in facts else GateKind.KEY
    assert (gate.kind, gate.subject, gate.jobs, gate.limit) == (kind, *facts.values(), (first,), None)
    runs(world, first)
    (gate,) = explain(world, second).gates
    assert (gate.jobs, gate.limit, gate.since_us) == ((first,), 1, world.clock.now_us())


def test_of_one_key_the_higher_priority_goes_first(world: World) -> None:
    world.node()
    low, high = world.put(key="k"), world.put(key="k", priority=5)
    (gate,) = explain(world, low).gates
    assert gate.jobs == (high,)
