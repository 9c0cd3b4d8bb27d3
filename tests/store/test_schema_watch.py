"""What becomes of those who have a store open when somebody changes its tables."""

import logging
import threading
from datetime import timedelta

import psycopg
import pytest

from headway import Jobs, State, Worker
from headway.model.displaced import SchemaTooOld
from headway.model.errors import SchemaTooNew
from headway.store.open import look
from headway.store.postgres.migrate import LOCK_PAUSE_S
from headway.store.schema_watch import SchemaWatch
from tests.acceptance.moments import until
from tests.postgres.databases import drop_databases
from tests.store.house import House

BEAT = timedelta(milliseconds=200)


@pytest.fixture(params=["sqlite", "postgres"])
def house(request, tmp_path):
    yield House(request.param, tmp_path)
    drop_databases(tmp_path)


def note(number: int) -> int:
    return number


def test_whoever_has_it_open_works_on_beside_a_step_that_lets_him(house):
    with Jobs(house.place) as jobs:
        job = jobs.register(note, name="note")
        first = job.enqueue(1)
        assert first.status().state is State.QUEUED
        house.take(house.step(1, beside=0))
        assert [job.enqueue(2).id, job.enqueue(3).id] == [2, 3]
        assert jobs.get(3).status().state is State.QUEUED


def test_whoever_has_it_open_is_refused_after_any_other_step_and_nothing_is_written(house):
    with Jobs(house.place) as jobs:
        job = jobs.register(note, name="note")
        first = job.enqueue(1)
        assert first.status().state is State.QUEUED
        house.take(house.step(1))
        words = f"has schema {house.newest + 1}; this headway knows {house.newest}: upgrade headway here"
        for refused in (lambda: job.enqueue(2), first.status, first.cancel, lambda: job.enqueue(3)):
            with pytest.raises(SchemaTooNew, match=words):
                refused()
    assert house.ask("SELECT count(*) FROM headway_job") == [(1,)]


def test_who_was_let_in_by_one_step_may_be_shut_out_by_the_next(house):
    with Jobs(house.place) as jobs:
        job = jobs.register(note, name="note")
        house.take(house.step(1, beside=0))
        job.enqueue(1)
        house.take(house.step(1, beside=0), house.step(2, beside=1))
        with pytest.raises(SchemaTooNew, match=f"works with code of schema {house.newest + 1} and later"):
            job.enqueue(2)


def test_a_worker_ends_and_says_why(house, caplog):
    with Jobs(house.place) as jobs, Worker(jobs, beat=BEAT, lease=BEAT * 10, sweep=BEAT, margin=BEAT * 2) as worker:
        jobs.register(note, name="note")
        assert worker.is_working
        house.take(house.step(1, beside=0))
        assert jobs.register(note, name="again").enqueue(1).result(timeout=20) == 1
        assert worker.is_working
        house.take(house.step(1, beside=0), house.step(2))
        assert until(lambda: not worker.is_working)
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.CRITICAL]
    assert len(said) == 1
    assert "upgrade headway here" in said[0]


def test_an_earlier_state_that_was_put_back_is_told(house):
    with Jobs(house.place) as jobs:
        job = jobs.register(note, name="note")
        job.enqueue(1)
        house.ask(f"DELETE FROM headway_schema WHERE version = {house.newest}")
        house.ask("DROP INDEX headway_job_ready")
        with pytest.raises(
            SchemaTooOld, match=f"has schema {house.newest - 1} now, .* needs {house.newest}: .* run headway migrate"
        ):
            job.enqueue(2)


def test_a_step_waits_for_those_who_are_writing_unless_it_lets_them(tmp_path):
    house = House("postgres", tmp_path)
    came = []
    with psycopg.connect(house.place) as writing:
        writing.execute("SELECT pg_advisory_xact_lock_shared(hashtext('headway'), hashtext('headway'))")
        assert house.take(house.step(1, beside=0)) == [1]
        steps = (house.step(1, beside=0), house.step(2))
        thread = threading.Thread(target=lambda: came.append(house.take(*steps)))
        thread.start()
        thread.join(LOCK_PAUSE_S)
        assert look(house.place).schema == house.newest + 1
        writing.commit()
        thread.join(20)
    assert came == [[2]]
    drop_databases(tmp_path)


def test_the_store_is_asked_only_when_its_mark_is_another_one():
    watch = SchemaWatch("here", 4, seen=4)
    watch.look(4, lambda: pytest.fail("it is asked"))
