"""What was committed in a transaction of the application's is in every list, also where no worker runs."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from headway import Jobs, State
from headway.web import Permission, Viewer, admin
from tests.callers.conftest import ship
from tests.cli.stage import run

MANAGER = Viewer(name="ann", permissions=frozenset({Permission.MANAGE}))


class Shop:
    """An application's database with the jobs in it."""

    def __init__(self, jobs: Jobs, connect: Callable[[], Any], url: str) -> None:
        self.jobs, self.connect, self.url = jobs, connect, url

    def order(self, count: int = 1) -> None:
        """Commit so many calls, of which nobody hears."""
        with closing(self.connect()) as connection:
            connection.execute("INSERT INTO orders VALUES (7)")
            for number in range(count):
                self.jobs.within(connection).enqueue(self.jobs.register(ship, name=f"ship-{number}"), number)
            connection.commit()

    def site(self, **options: Any) -> TestClient:
        """Its console."""
        pages = admin(self.jobs, allow=lambda _: MANAGER, **options)
        return TestClient(Starlette(routes=[Mount("/jobs", pages)]), headers={"Sec-Fetch-Site": "same-origin"})


@pytest.fixture
def file_shop(shop_jobs: Jobs, tmp_path: Path) -> Shop:
    file = tmp_path / "shop.db"
    return Shop(shop_jobs, lambda: sqlite3.connect(file), f"sqlite:///{file}")


@pytest.fixture
def server_shop(jobs: Jobs, url: str) -> Shop:
    return Shop(jobs, lambda: psycopg.connect(url), url)


@pytest.fixture(params=["file_shop", "server_shop"])
def either(request: pytest.FixtureRequest) -> Shop:
    shop: Shop = request.getfixturevalue(request.param)
    return shop


def cli(shop: Shop, *words: str) -> Any:
    return run(*words, "--store", shop.url, "--json").json


LISTS: dict[str, Callable[[Shop], int]] = {
    "counts": lambda shop: shop.jobs.counts()[State.QUEUED],
    "acounts": lambda shop: asyncio.run(shop.jobs.acounts())[State.QUEUED],
    "list": lambda shop: len(shop.jobs.list().rows),
    "alist": lambda shop: len(asyncio.run(shop.jobs.alist()).rows),
    "queues": lambda shop: sum(one.queued for one in shop.jobs.queues()),
    "aqueues": lambda shop: sum(one.queued for one in asyncio.run(shop.jobs.aqueues())),
    "cancel_many": lambda shop: shop.jobs.cancel_many(all=True).total,
    "acancel_many": lambda shop: asyncio.run(shop.jobs.acancel_many(all=True)).total,
    "headway jobs list": lambda shop: len(cli(shop, "jobs", "list")["jobs"]),
    "headway jobs counts": lambda shop: cli(shop, "jobs", "counts")["counts"]["queued"],
    "headway queues list": lambda shop: sum(one["queued"] for one in cli(shop, "queues", "list")["queues"]),
    "headway jobs cancel": lambda shop: len(cli(shop, "jobs", "cancel", "--all")["results"]),
    "api jobs": lambda shop: shop.site().get("/jobs/api/").json()["totalCount"],
    "api queues": lambda shop: sum(one["queued"] for one in shop.site().get("/jobs/api/queues").json()),
    "page of jobs": lambda shop: shop.site().get("/jobs/jobs").text.count("data-row>"),
    "dashboard": lambda shop: 3 if "3 jobs could run now" in shop.site().get("/jobs/").text else 0,
}


@pytest.mark.parametrize("listed", LISTS)
def test_it_is_in_every_list(either: Shop, listed: str) -> None:
    either.order(3)
    assert LISTS[listed](either) == 3


def test_whoever_has_a_transaction_open_that_holds_up_everybody_is_not_kept_waiting(file_shop: Shop) -> None:
    file_shop.order()
    with closing(file_shop.connect()) as connection:
        connection.execute("INSERT INTO orders VALUES (8)")
        assert file_shop.jobs.list().rows == ()
        connection.commit()
    file_shop.jobs.wake()
    assert len(file_shop.jobs.list().rows) == 1


def test_a_console_that_only_looks_says_that_nobody_makes_jobs_of_it(either: Shop) -> None:
    either.order()
    site = either.site(readonly=True)
    title = "Calls are committed and no jobs yet"
    assert title not in site.get("/jobs/").text
    prefix = "headway." if either.url.startswith("postgres") else ""
    with closing(either.connect()) as connection:
        connection.execute(f"UPDATE {prefix}headway_outbox SET put_at = put_at - 60000000")
        connection.commit()
    assert title in site.get("/jobs/").text
    found = {one["topic"]: one for one in cli(either, "check")["findings"]}
    assert found["calls"]["level"] == "warning"
    assert len(either.jobs.list().rows) == 1
    found = {one["topic"]: one for one in cli(either, "check")["findings"]}
    assert found["calls"]["level"] == "fine"
