"""Endpoints of an application, run as jobs by a worker in a process of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from faults.scene import Scene
from headway import State
from tests.acceptance.moments import until

APPLICATION = "tests.acceptance.endpoint_application:jobs"


def notes(scene: Scene) -> list[str]:
    file: Path = scene.folder / "notes"
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def put(scene: Scene, method: str, path: str, *, given: Any = None, retries: int = 0, **facts: Any) -> int:
    request = {"method": method, "path": path, **(given or {})}
    return scene.put_many([("shop", request)], retries=retries, **facts)[0]


@pytest.fixture
def shop(scene: Scene) -> Scene:
    (scene.folder / "roles.json").write_text(json.dumps({"ann": ["buy"], "bob": []}))
    scene.worker(application=APPLICATION)
    return scene


def test_an_endpoint_runs_through_the_whole_application_as_the_user_of_its_job(shop: Scene) -> None:
    given = {"json": {"item": "pen"}, "headers": {"Idempotency-Key": "order-7"}}
    job = put(shop, "POST", "/orders", given=given, user_id="ann")
    assert shop.finish(job) == [State.COMPLETED]
    answer = json.loads(shop.detail(job).result or "")
    pid = answer["body"].pop("pid")
    assert answer == {
        "status": 201,
        "omitted": None,
        "body": {
            "item": "pen", "for": "ann", "passed": "middleware", "key": "order-7", "client": ["headway", 0], "job": job
        },
    }  # fmt: skip
    assert notes(shop) == [f"opened {pid}"], "once in the process of the body"


def test_the_user_is_todays_and_one_who_is_gone_or_may_not_fails_the_job_for_good(shop: Scene) -> None:
    given = {"json": {"item": "pen"}}
    may_not = put(shop, "POST", "/orders", given=given, user_id="bob", retries=3)
    gone = put(shop, "POST", "/orders", given=given, user_id="cid", retries=3)
    nobody = put(shop, "POST", "/orders", given=given, retries=3)
    assert shop.finish(may_not, gone, nobody) == [State.FAILED] * 3
    assert [(shop.detail(job).row.code, shop.kinds(job)) for job in (may_not, gone, nobody)] == [
        ("http_403", ["raised"]),
        ("user_not_found", ["raised"]),
        ("http_401", ["raised"]),
    ]
    (shop.folder / "roles.json").write_text(json.dumps({"bob": ["buy"]}))
    assert shop.finish(again := put(shop, "POST", "/orders", given=given, user_id="bob")) == [State.COMPLETED]
    assert '"for":"bob"' in (shop.detail(again).result or "")


def test_a_4xx_fails_for_good_and_says_how_its_body_begins(shop: Scene) -> None:
    unknown = put(shop, "POST", "/orders", given={"json": {"item": "yacht"}}, user_id="ann", retries=3)
    wrong = put(shop, "POST", "/orders", given={"json": {"count": "x"}}, user_id="ann", retries=3)
    nowhere = put(shop, "GET", "/nowhere", retries=3)
    assert shop.finish(unknown, wrong, nowhere) == [State.FAILED] * 3
    rows = [shop.detail(job).row for job in (unknown, wrong, nowhere)]
    assert [(row.code, row.tries) for row in rows] == [("http_404", 1), ("http_422", 1), ("http_404", 1)]
    assert rows[0].reason == 'POST /orders answered 404: {"detail":"there is no yacht"}'
    assert (rows[1].reason or "").startswith('POST /orders answered 422: {"detail":[{"type":"missing"')


@pytest.mark.parametrize("kind", ["raises", "answers"])
def test_a_500_and_a_raised_exception_are_failures_that_are_retried(shop: Scene, kind: str) -> None:
    job = put(shop, "GET", f"/fragile/{kind}", retries=2)
    assert shop.finish(job) == [State.COMPLETED]
    assert (shop.kinds(job), json.loads(shop.detail(job).result or "")["body"]) == (
        ["raised", "raised", "returned"],
        "at last",
    )
    (shop.folder / "notes").unlink()
    spent = put(shop, "GET", f"/fragile/{kind}", retries=1)
    assert shop.finish(spent) == [State.FAILED]
    row = shop.detail(spent).row
    assert (row.code, row.tries) == ({"raises": None, "answers": "http_500"}[kind], 2)
    assert "no warehouse" in (row.reason or "")


def test_a_job_that_is_cancelled_ends_its_request(shop: Scene) -> None:
    job = put(shop, "GET", "/endless")
    until(lambda: "waits" in notes(shop), "the endpoint runs")
    shop.store.call(shop.store.cancel(job, by="the test"))
    assert shop.finish(job) == [State.CANCELLED]
    assert notes(shop)[-1] == "left"


def test_the_application_is_closed_in_order_when_the_worker_stops(scene: Scene) -> None:
    (scene.folder / "roles.json").write_text("{}")
    worker = scene.worker(application=APPLICATION)
    scene.finish(put(scene, "GET", "/nowhere"))
    worker.signal(15)
    assert worker.ended() == 0
    opened, closed = notes(scene)
    assert (opened.split()[0], closed) == ("opened", opened.replace("opened", "closed"))
