"""Enqueueing in a transaction of Django: its `connection`, one of its `connections`, or the alias of a database."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import django
import pytest
from django.conf import settings
from django.db import connection, connections, transaction

from headway import ConnectionRefused, JobNotFound, Jobs, State
from tests.callers.conftest import ship


@pytest.fixture(scope="module", autouse=True)
def _django() -> None:
    if not settings.configured:
        default = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
        settings.configure(DATABASES={"default": default}, USE_TZ=True)
        django.setup()


@pytest.fixture(params=["postgresql", "sqlite"])
def placed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Jobs]:
    """Jobs in the database that is Django's default one during the test."""
    if request.param == "postgresql":
        parts = urlsplit(request.getfixturevalue("url"))
        made = {
            "ENGINE": "django.db.backends.postgresql", "NAME": parts.path[1:], "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""), "HOST": parts.hostname, "PORT": parts.port,
        }  # fmt: skip
        jobs = request.getfixturevalue("jobs")
    else:
        made = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(request.getfixturevalue("shop"))}
        jobs = request.getfixturevalue("shop_jobs")
    jobs.counts()
    before = connections.settings["default"]
    connections.settings["default"] = {**before, **made}
    forget()
    yield jobs
    forget()
    connections.settings["default"] = before


def forget() -> None:
    """The next use connects anew, to what the settings say then."""
    connections["default"].close()
    del connections["default"]


def test_the_end_of_an_atomic_block_makes_it_a_job(placed: Jobs) -> None:
    job = placed.register(ship)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO orders VALUES (%s)", [7])
        refs = [placed.within(given).enqueue(job, 7) for given in (connection, connections["default"], "default")]
    assert [ref.status().state for ref in refs] == [State.QUEUED] * 3


def test_a_block_that_is_rolled_back_leaves_nothing(placed: Jobs) -> None:
    job = placed.register(ship)
    with transaction.atomic():
        kept = placed.within(connection).enqueue(job, 1)
        with transaction.atomic():
            gone = placed.within(connection).enqueue(job, 2)
            transaction.set_rollback(True)
    assert kept.status().state is State.QUEUED
    with pytest.raises(JobNotFound):
        gone.status()


def test_without_a_block_it_is_refused(placed: Jobs) -> None:
    job = placed.register(ship)
    with pytest.raises(ConnectionRefused, match="no transaction is open"):
        placed.within(connection).enqueue(job, 7)
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(ConnectionRefused, match="can only be rolled back"):
            placed.within(connection).enqueue(job, 7)
    assert placed.wake() == 0
