"""Steps of a made-up schema, on both stores: who works on beside a newer one, who does not, and who takes a step."""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable

import psycopg
import pytest

from headway import Jobs
from headway.model.displaced import SchemaTooOld
from headway.model.errors import SchemaTooNew
from headway.store.migration import read_migrations
from headway.store.open import look, open_store
from headway.store.postgres.migrate import migrations as schema_steps
from headway.store.sqlite.migrate import migrations as file_steps
from tests.postgres.databases import ask, drop_databases
from tests.store.house import House

LIMIT_S = 20.0


@pytest.fixture(params=["sqlite", "postgres"])
def house(request, tmp_path):
    yield House(request.param, tmp_path)
    drop_databases(tmp_path)


def test_a_file_says_with_whom_its_step_works(tmp_path):
    (tmp_path / "0001_first.sql").write_text("SELECT 1;\n")
    (tmp_path / "0009_more.sql").write_text("-- works_with: 7\n-- outside_transaction\nSELECT 1;\n")
    (tmp_path / "0010_eager.sql").write_text("-- More of it.\n-- works_with: 99\nSELECT 1; -- outside_transaction\n")
    steps = read_migrations(tmp_path)
    assert [(step.version, step.works_with, step.is_outside) for step in steps] == [
        (1, 1, False),
        (9, 7, True),
        (10, 10, False),
    ]


@pytest.mark.parametrize("steps", [file_steps(), schema_steps()], ids=["sqlite", "postgres"])
def test_what_the_steps_of_this_code_say_of_themselves_is_understood(steps):
    for step in steps:
        words = [line for line in step.text.splitlines() if "works_with" in line or "outside_transaction" in line]
        assert len(words) == (step.works_with != step.version) + step.is_outside
    assert not any(step.is_outside for step in file_steps())


def test_old_code_works_on_beside_a_newer_schema_that_says_so(house, caplog):
    assert house.take(house.step(1, beside=0)) == [1]
    with caplog.at_level(logging.INFO, "headway.store"), Jobs(house.place) as jobs:
        job = jobs.register(lambda n: n, name="work")
        job.enqueue(1)
        assert job.enqueue(2).id == 2
        assert len([line for line in caplog.messages if "works with it; upgrade headway here" in line]) == 1
    facts = look(house.place)
    assert (facts.schema, facts.schema_oldest, facts.held_us) == (house.newest + 1, house.newest, None)


def test_old_code_is_refused_by_a_newer_schema_that_says_nothing(house):
    assert house.take(house.step(1)) == [1]
    words = f"has schema {house.newest + 1}; this headway knows {house.newest}: upgrade headway here"
    with pytest.raises(SchemaTooNew, match=words):
        open_store(house.place).call(None)


def test_whoever_one_step_shuts_out_is_not_let_in_by_the_next(house):
    """Expand, then contract: the code before the first step is refused, that between them works."""
    assert house.take(house.step(1, beside=0), house.step(2, beside=1), house.step(3, beside=0)) == [1, 2, 3]
    words = f"which works with code of schema {house.newest + 1} and later; this headway knows {house.newest}:"
    with pytest.raises(SchemaTooNew, match=words):
        open_store(house.place).call(None)
    assert house.take(house.step(1, beside=0)) == []


def test_what_was_said_of_an_earlier_step_does_not_count_for_a_later_one(house):
    house.take(house.step(1, beside=0))
    house.take(house.step(1, beside=0), house.step(2))
    assert look(house.place).schema_oldest == house.newest + 2
    house.take(house.step(1, beside=0), house.step(2), house.step(3, beside=0))
    assert look(house.place).schema_oldest == house.newest + 2


def test_a_step_that_fails_leaves_no_trace(house):
    with pytest.raises(Exception, match="nowhere"):
        house.take(house.step(1, beside=0), house.step(2, beside=0, text="INSERT INTO nowhere VALUES (1)"))
    facts = look(house.place)
    assert (facts.schema, facts.schema_oldest) == (house.newest + 1, house.newest)
    open_store(house.place).close()


@pytest.mark.parametrize("how", ["argument", "variable"])
def test_tables_stay_as_they_are_where_nobody_may_change_them(house, how, monkeypatch):
    if how == "variable":
        monkeypatch.setenv("HEADWAY_MIGRATE", "no")
    with pytest.raises(SchemaTooOld, match=r"may not change tables .* run headway migrate"):
        house.take(house.step(1), allowed=False if how == "argument" else None)
    assert look(house.place).schema == house.newest
    assert house.take(house.step(1), allowed=True) == [1]


def test_jobs_make_no_tables_when_told_so(house, monkeypatch):
    with Jobs(house.place, migrate=False) as jobs:
        assert jobs.counts() is not None
    empty = f"{house.place}&schema=empty" if "?" in house.place else f"{house.place}?schema=empty"
    if house.kind == "sqlite":
        empty = str(house.folder / "empty")
    with Jobs(empty, migrate=False) as jobs, pytest.raises(SchemaTooOld):
        jobs.counts()
    assert look(empty) is None
    monkeypatch.setenv("HEADWAY_MIGRATE", "no")
    with Jobs(empty) as jobs, pytest.raises(SchemaTooOld):
        jobs.counts()
    with Jobs(empty, migrate=True) as jobs:
        assert jobs.counts() is not None


MIGRATE = """
import json, sys
from headway.store.migrating import migrate
sys.stdin.readline()
print(json.dumps([step.version for step in migrate(sys.argv[1]).steps]), flush=True)
"""


def test_of_many_processes_that_start_at_once_one_takes_each_step(house):
    if house.kind == "postgres":
        ask(house.folder, "DROP SCHEMA headway CASCADE")
    place = house.place if house.kind == "postgres" else str(house.folder / "fresh")
    words = [sys.executable, "-c", MIGRATE, place]
    env = {**os.environ, "HEADWAY_MIGRATE": ""}
    pipe = subprocess.PIPE
    several = [subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True, env=env) for _ in range(3)]
    for process in several:
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=LIMIT_S)[0] for process in several]
    assert [process.returncode for process in several] == [0, 0, 0]
    taken = sorted(version for text in said for version in json.loads(text))
    assert taken == [step.version for step in house.known]
    assert look(place).schema == house.newest


# on PostgreSQL alone

INDEX = "-- outside_transaction\nCREATE INDEX CONCURRENTLY headway_job_later\n    ON headway_job (name, queue)"
VALID = (
    "SELECT indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relname LIKE 'headway_job_later%'"
)


@pytest.fixture
def server(tmp_path):
    yield House("postgres", tmp_path)
    drop_databases(tmp_path)


def aside(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Do it on a thread; what came of it."""
    came: list[object] = []

    def run() -> None:
        try:
            came.append(work())
        except Exception as error:  # noqa: BLE001 - looked at by the test
            came.append(error)

    thread = threading.Thread(
        target=run, daemon=True
    )  # one that never ends fails a test, and does not keep it from ending
    thread.start()
    return thread, came


def waiting(house: House, what: str) -> bool:
    """Whether a session waits inside such a statement."""
    text = f"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ILIKE '%{what}%'"
    return ask(house.folder, text)[0][0] > 0


def until(condition: Callable[[], bool], what: str) -> None:
    pause = threading.Event()
    for _ in range(int(LIMIT_S / 0.01)):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError(f"not in time: {what}")


def test_an_index_is_made_while_others_write_and_recorded_after_it(server):
    with psycopg.connect(server.place) as foreign, Jobs(server.place) as jobs:
        job = jobs.register(lambda: None, name="work")
        foreign.execute("INSERT INTO headway.headway_setting (name, value) VALUES ('test', '1')")
        foreign.execute("LOCK TABLE headway.headway_job IN ROW EXCLUSIVE MODE")
        thread, came = aside(lambda: server.take(server.step(1, beside=0, text=INDEX)))
        until(lambda: waiting(server, "CONCURRENTLY"), "the index waits for the open transaction")
        assert job.enqueue().id == 1, "nobody waits behind it"
        assert look(server.place).schema == server.newest
        other, others = aside(lambda: server.take(server.step(1, beside=0, text=INDEX)))
        other.join(0.5)
        assert others == [], "another migrator waits"
        foreign.commit()
        thread.join(LIMIT_S)
        assert came, "the index is made beside a migrator who waits"
        other.join(LIMIT_S)
    assert sorted(map(str, [*came, *others])) == ["[1]", "[]"]
    assert ask(server.folder, VALID) == [(True,)]
    assert look(server.place).schema == server.newest + 1


def test_an_index_whose_making_was_interrupted_is_dropped_and_made_again(server):
    step = server.step(1, beside=0, text=INDEX)
    with psycopg.connect(server.place) as foreign:
        foreign.execute("LOCK TABLE headway.headway_job IN ROW EXCLUSIVE MODE")
        thread, came = aside(lambda: server.take(step))
        until(lambda: waiting(server, "CONCURRENTLY"), "the index is begun")
        ask(
            server.folder,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'CREATE INDEX CONCURRENTLY%'",
        )
        thread.join(LIMIT_S)
        assert isinstance(came[0], psycopg.OperationalError)
    assert ask(server.folder, VALID) == [(False,)]
    assert look(server.place).schema == server.newest
    assert server.take(step) == [1]
    assert ask(server.folder, VALID) == [(True,)]
    assert look(server.place).schema == server.newest + 1


def test_an_index_that_was_made_and_not_recorded_is_kept(server):
    ask(server.folder, "CREATE INDEX headway_job_later ON headway.headway_job (name, queue)")
    number = "SELECT 'headway.headway_job_later'::regclass::oid::bigint"
    before = ask(server.folder, number)
    assert server.take(server.step(1, text=INDEX)) == [1]
    assert ask(server.folder, number) == before


def test_a_statement_that_makes_no_index_is_run_outside_as_well(server):
    ask(server.folder, "CREATE INDEX headway_job_later ON headway.headway_job (name, queue)")
    text = "-- outside_transaction\nDROP INDEX CONCURRENTLY IF EXISTS headway_job_later"
    assert server.take(server.step(1, text=text)) == [1]
    assert ask(server.folder, VALID) == []


def test_a_step_whose_migrator_lost_the_lock_is_not_recorded(server):
    with psycopg.connect(server.place) as foreign:
        foreign.execute("LOCK TABLE headway.headway_job IN ROW EXCLUSIVE MODE")
        thread, came = aside(lambda: server.take(server.step(1, text=INDEX)))
        until(lambda: waiting(server, "CONCURRENTLY"), "the index is begun")
        ask(
            server.folder,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction' AND application_name = 'headway test'",
        )
        foreign.commit()
        thread.join(LIMIT_S)
    assert isinstance(came[0], psycopg.OperationalError)
    assert look(server.place).schema == server.newest
    assert server.take(server.step(1, text=INDEX)) == [1]


def test_a_step_steps_back_from_a_table_that_somebody_holds_and_lets_others_by(server):
    with Jobs(server.place) as jobs, psycopg.connect(server.place) as foreign:
        job = jobs.register(lambda: None, name="work")
        job.enqueue()
        foreign.execute("SELECT count(*) FROM headway.headway_job")  # keeps the table, as any open transaction does
        thread, came = aside(lambda: server.take(server.step(1, beside=0)))
        until(lambda: waiting(server, "ALTER TABLE"), "the step waits for the table")
        enqueuing, enqueued = aside(lambda: job.enqueue().id)
        enqueuing.join(LIMIT_S)
        assert enqueued == [2], "it has stepped back"
        until(lambda: waiting(server, "ALTER TABLE"), "it tries again")
        assert came == []
        foreign.commit()
        thread.join(LIMIT_S)
        assert came == [[1]]
        assert job.enqueue().id == 3
