"""Several applications in one store."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

from headway import Jobs, State, Worker
from tests.acceptance.moments import WAIT_S, until


def test_two_apps_in_one_store_never_run_each_others_jobs_also_delayed_ones(tmp_path: Path) -> None:
    place, ran = tmp_path / "store", []
    with Jobs(place, app="crm", durability="relaxed") as crm, Jobs(place, app="erp", durability="relaxed") as erp:
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


def test_many_jobs_of_one_app_do_not_delay_another_apps_first_by_a_second(tmp_path: Path) -> None:
    place = tmp_path / "store"
    with Jobs(place, app="a", durability="relaxed") as a, Jobs(place, app="b", durability="relaxed") as b:
        many = a.register(lambda n: None, name="job")
        one = b.register(lambda: time.time(), name="job")  # noqa: PLW0108 - a handler is a function
        with Worker(b), Worker(a, concurrency=2):
            a.enqueue_many(many.call(n) for n in range(10_000))
            asked = time.time()
            assert one.enqueue().result(WAIT_S) - asked < 1
            assert a.counts()[State.QUEUED] > 0, "the others still wait"
