"""A schema for each company: nothing is shared, not a wake-up, a lock, a name or a version; and a role may be shut out."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import pytest

from headway import Jobs, SchemaTooNew, State, StorePlaceInvalid, Worker
from headway.store.open import open_store
from tests.acceptance.moments import WAIT_S, until
from tests.postgres.databases import DATABASES, ask, database_of, drop_databases

PASSWORD = "a-password-of-a-test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """One database, with a schema for each company."""

    folder: Path
    url: str

    def place(self, schema: str, user: str | None = None) -> str:
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        netloc = parts.netloc if user is None else f"{user}:{quote(PASSWORD)}@{host}"
        query = "&".join([*([parts.query] if parts.query else []), f"schema={schema}"])
        return urlunsplit(parts._replace(netloc=netloc, query=query))


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    yield Town(folder=tmp_path, url=database_of(tmp_path))
    drop_databases(tmp_path)


def test_two_schemas_of_one_database_know_nothing_of_each_other(town: Town) -> None:
    ran: list[str] = []
    with Jobs(town.place("acme")) as acme, Jobs(town.place("umbrella")) as umbrella:
        for name, jobs in (("acme", acme), ("umbrella", umbrella)):
            jobs.register(lambda who: ran.append(who), name="work")  # noqa: PLW0108 - a handler is a function
            job = jobs.job_named("work")
            job.using(ref_id="order-1", unique_key="order").enqueue(name)
            jobs.open_batch("import")
            jobs.add_recurring("nightly", "0 2 * * *", job.call(name))
        with Worker(acme) as worker:
            assert worker.wait_idle(WAIT_S)
            assert umbrella.counts()[State.QUEUED] == 1
            assert ran == ["acme"]
        assert [job.id for job in acme.list().rows] == [job.id for job in umbrella.list().rows], (
            "each counts for itself"
        )


def test_a_lock_of_one_schema_keeps_nobody_in_another_waiting(town: Town) -> None:
    with Jobs(town.place("acme")) as acme, Jobs(town.place("umbrella")) as umbrella:
        for jobs in (acme, umbrella):
            jobs.register(lambda: None, name="work")
            _ = jobs.store
        with psycopg.connect(town.url) as foreign:
            foreign.execute("LOCK TABLE acme.headway_job IN ACCESS EXCLUSIVE MODE")
            with Worker(umbrella):
                umbrella.job_named("work").enqueue().result(WAIT_S)
            foreign.rollback()


def test_a_wake_up_reaches_its_own_schema_only(town: Town) -> None:
    with Jobs(town.place("acme")) as acme, Jobs(town.place("umbrella")) as umbrella:
        acme.register(lambda: None, name="work")
        _ = umbrella.store
        with psycopg.connect(town.url, autocommit=True) as listening:
            for schema in ("acme", "umbrella"):
                listening.execute(f"LISTEN headway_{schema}".encode())
            with Worker(acme):
                acme.job_named("work").enqueue().result(WAIT_S)
            until(lambda: next(listening.notifies(timeout=1, stop_after=1), None) is not None, "it was rung")
            heard = {one.channel for one in listening.notifies(timeout=0.2)}
        assert "headway_umbrella" not in heard


def test_schemas_of_different_versions_stand_side_by_side(town: Town) -> None:
    for schema in ("old", "new"):
        open_store(town.place(schema)).close()
    ask(town.folder, "INSERT INTO new.headway_schema (version, applied_at, digest) VALUES (9999, 0, 'later')")
    with Jobs(town.place("old")) as old:
        old.register(lambda: None, name="work").enqueue()
    with pytest.raises(SchemaTooNew, match="9999"), Jobs(town.place("new")) as new:
        _ = new.store


def test_a_role_that_may_use_its_own_schema_cannot_read_another(town: Town) -> None:
    user = f"{DATABASES.url(town.folder).rpartition('/')[2].partition('?')[0]}_acme"
    for schema in ("acme", "umbrella"):
        with Jobs(town.place(schema)) as jobs:
            jobs.register(lambda: None, name="work").enqueue()
    ask(town.folder, f"CREATE ROLE {user} LOGIN PASSWORD '{PASSWORD}'")
    try:
        ask(town.folder, f"GRANT USAGE ON SCHEMA acme TO {user}")
        for what in ("TABLES", "SEQUENCES", "ROUTINES"):
            ask(town.folder, f"GRANT ALL ON ALL {what} IN SCHEMA acme TO {user}")
        with Jobs(town.place("acme", user)) as own:
            own.register(lambda: None, name="work")
            with Worker(own):
                own.job_named("work").enqueue().result(WAIT_S)
        with (
            pytest.raises(StorePlaceInvalid, match="permission denied for schema umbrella"),
            Jobs(town.place("umbrella", user)) as other,
        ):
            other.counts()
        with (
            psycopg.connect(town.place("acme", user).partition("?")[0]) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("SELECT * FROM umbrella.headway_job")
    finally:
        ask(town.folder, f"DROP OWNED BY {user}")
        ask(town.folder, f"DROP ROLE {user}")
