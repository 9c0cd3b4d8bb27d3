"""What the hot statements read: an index from its front, never a table, never a sort."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from headway.model.claim import NewJob
from headway.store.open import open_store
from headway.store.sqlite.statements import SQL

HOT = {
    "ready_jobs": ["headway_job_ready (app=? AND queue=? AND name=?)"],
    "ready_groups": ["(app=? AND queue=? AND name>?)", "headway_job_ready (app=? AND queue>?)"],
    "park_jobs": ["headway_job_ready"],
    "next_due": ["headway_job_due"],
    "stage_jobs": ["headway_job_due"],
    "stops": ["headway_job_running (node_id=? AND cancel_at>?)"],
    "expired_jobs": ["headway_job_expiry"],
    "archivable": ["headway_job_ended"],
    "owned_jobs": ["headway_job_running"],
    "waiting_children": ["headway_dependency_counted"],
    "jobs_by_ref": ["headway_job_ref"],
    "any_blocked": ["headway_job_blocked"],
}


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    open_store(str(tmp_path)).close()
    with closing(sqlite3.connect(tmp_path / "jobs.db")) as opened:
        yield opened


def plan(connection: sqlite3.Connection, name: str) -> str:
    """The query plan, one step a line."""
    sql = SQL[name]
    names = {word[1:].strip("(),;") for word in sql.split() if word.startswith((":", "(:"))}
    values = {name.strip(":"): 1 for name in names} | dict.fromkeys(
        ("app", "queue", "name", "limit", "skip", "now", "node_id", "before", "parent_id", "refs"), 1
    )
    rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
    return "\n".join(row[3] for row in rows)


@pytest.mark.parametrize(("name", "indexes"), HOT.items())
def test_a_hot_statement_is_served_by_its_index(connection: sqlite3.Connection, name: str, indexes: list[str]) -> None:
    steps = plan(connection, name)
    for index in indexes:
        assert index in steps
    assert "SCAN headway_job\n" not in steps + "\n"
    assert "SCAN j\n" not in steps + "\n"


@pytest.mark.parametrize("name", ["ready_jobs", "ready_groups", "next_due", "archivable", "waiting_children"])
def test_the_order_comes_from_the_index_and_not_from_a_sort(connection: sqlite3.Connection, name: str) -> None:
    assert "TEMP B-TREE" not in plan(connection, name)


def steps(connection: sqlite3.Connection, name: str, values: dict[str, object]) -> int:
    """How many instructions of SQLite's machine a statement takes."""
    taken = 0

    def count() -> None:
        nonlocal taken
        taken += 1

    connection.set_progress_handler(count, 1)
    connection.execute(SQL[name], values).fetchall()
    connection.set_progress_handler(None, 0)
    return taken


@pytest.mark.parametrize("name", ["ready_groups", "ready_jobs"])
def test_looking_for_a_claim_costs_the_same_however_many_jobs_of_other_names_are_ready(
    tmp_path: Path, name: str
) -> None:
    values = {"app": "default", "queue": "default", "name": "wanted", "now": 0, "limit": 10, "skip": 0}
    with closing(open_store(str(tmp_path))) as store, closing(sqlite3.connect(tmp_path / "jobs.db")) as connection:
        taken = []
        for count in (1, 3_000):
            jobs = [NewJob(ref_id=f"{count}-{one}", name=f"other-{one % 3}", payload="{}") for one in range(count * 3)]
            store.call(store.enqueue(jobs))
            taken.append(steps(connection, name, values))
    assert taken[1] < taken[0] * 1.5
