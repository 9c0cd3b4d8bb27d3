"""Several applications in one store."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest

from headway import Fixed, Jobs, Retry, State, Worker, every
from tests.acceptance.moments import WAIT_S, until
from tests.acceptance.places import ON_BOTH


@pytest.fixture
def place(url: str | None, tmp_path: Path) -> str:
    return url or str(tmp_path / "store")


def opened(place: str, app: str) -> Jobs:
    """The jobs of an app there."""
    return Jobs(place, app=app, durability="relaxed")


@ON_BOTH
def test_two_apps_in_one_store_never_run_each_others_jobs_also_delayed_ones(place: str) -> None:
    ran: list[str] = []
    with opened(place, "crm") as crm, opened(place, "erp") as erp:
        crm_job = crm.register(lambda: ran.append("crm"), name="job")
        erp_job = erp.register(lambda: ran.append("erp"), name="job")
        delayed = crm_job.using(run_after=timedelta(milliseconds=100)).enqueue()
        others = [crm_job.enqueue(), crm_job.enqueue(), delayed]
        with Worker(erp) as worker:
            erp_job.enqueue().result(WAIT_S)
            until(lambda: time.time() > delayed.status().due.timestamp(), "it is due")
            assert worker.wait_idle(WAIT_S)
        assert ran == ["erp"]
        with Worker(crm):
            [ref.result(WAIT_S) for ref in others]
        assert ran == ["erp", "crm", "crm", "crm"]


@ON_BOTH
def test_a_retry_and_a_recurring_run_stay_with_their_app(place: str) -> None:
    ran: list[str] = []

    def once(app: str) -> None:
        ran.append(app)
        if ran.count(app) == 1:
            raise Retry

    with opened(place, "crm") as crm, opened(place, "erp") as erp:
        retried = crm.register(once, name="job", backoff=Fixed(timedelta(milliseconds=50)))
        ticks = crm.register(lambda: ran.append("tick"), name="tick")
        erp.register(lambda app: ran.append(f"stolen from {app}"), name="job")
        erp.register(lambda: ran.append("stolen tick"), name="tick")
        with Worker(erp), Worker(crm):
            ref = retried.enqueue("crm")
            crm.add_recurring("often", every(timedelta(seconds=1)), ticks.call())
            ref.result(WAIT_S)
            until(lambda: "tick" in ran, "the schedule fired")
        assert ref.status().attempt == 2
        assert {one for one in ran if one.startswith("stolen")} == set()
        assert erp.schedules() == ()


@ON_BOTH
def test_many_jobs_of_one_app_do_not_delay_another_apps_first_by_a_second(place: str) -> None:
    with opened(place, "a") as a, opened(place, "b") as b:
        many = a.register(lambda n: None, name="job")
        one = b.register(lambda: time.time(), name="job")  # noqa: PLW0108 - a handler is a function
        with Worker(b), Worker(a, concurrency=2):
            a.enqueue_many(many.call(n) for n in range(10_000))
            asked = time.time()
            assert one.enqueue().result(WAIT_S) - asked < 1
            assert a.counts()[State.QUEUED] > 0, "the others still wait"


@ON_BOTH
def test_what_has_a_name_is_named_within_its_app(place: str) -> None:
    with opened(place, "crm") as crm, opened(place, "erp") as erp:
        refs = []
        for jobs in (crm, erp):
            job = jobs.register(lambda: None, name="job")
            jobs.add_recurring("daily-cleanup", "0 2 * * *", job.call())
            refs.append(job.using(ref_id="order-1", unique_key="order", worker="printer").enqueue())
            jobs.open_batch("import")
            jobs.queue("default").pause()
        assert refs[0].id != refs[1].id
        erp.get_recurring("daily-cleanup").remove(for_good=True)
        erp.queue("default").resume()
        assert [one.name for one in crm.schedules()] == ["daily-cleanup"]
        assert (crm.queue("default").status().is_paused, erp.queue("default").status().is_paused) == (True, False)
        assert (len(crm.list().rows), len(erp.list().rows)) == (1, 1)


def test_jobs_of_a_process_keep_to_their_own_store(tmp_path: Path) -> None:
    with Jobs(tmp_path / "a") as a, Jobs(tmp_path / "b") as b:
        a.register(lambda: None, name="job").enqueue()
        assert (sum(a.counts().values()), sum(b.counts().values())) == (1, 0)
