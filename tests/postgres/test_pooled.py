"""Where a pooler stands before the server: what is not done, what is done another way, and what is refused."""

import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from headway import Context, Job, Jobs, StorePlaceInvalid, StoreUnavailable, Worker
from headway.store.callers.known import blocking
from headway.store.migration import Migration
from headway.store.postgres.connect import connect
from headway.store.postgres.outside import run_outside
from headway.store.postgres.place import parse_postgres
from tests.acceptance.moments import WAIT_S, until
from tests.postgres.databases import DATABASES, ask, drop_databases
from tests.postgres.later_index import MADE, make_index
from tests.postgres.proxy import Proxy

SILENCE_MAX_S = 5.0
LISTENERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """One database, and two ways to it."""

    folder: Path
    direct: str
    proxy: Proxy

    @property
    def url(self) -> str:
        return self.proxy.url


@pytest.fixture
def pooled(tmp_path: Path) -> Iterator[Pooled]:
    direct = DATABASES.direct(tmp_path)
    with Proxy(direct, as_pooler=True) as proxy:
        yield Pooled(folder=tmp_path, direct=direct, proxy=proxy)
    drop_databases(tmp_path)


def test_a_pooler_is_recognised(pooled: Pooled) -> None:
    for url, is_direct in ((pooled.direct, True), (pooled.url, False)):
        with closing(connect(parse_postgres(url), what="test")) as connection:
            assert connection.recognise() is is_direct


class TestWakeUps:
    @pytest.mark.parametrize(
        ("given", "heard_at"),
        [
            ("postgresql://ann:pw@pooler:6432/shop?listen=db.internal:5432", "postgresql://ann:pw@db.internal:5432/shop"),
            ("postgresql://pooler/shop?listen=[::1]:5432&port=6432&sslmode=require", "postgresql://[::1]:5432/shop?sslmode=require"),
            ("postgresql://pooler/shop", ""),
        ],
    )  # fmt: skip
    def test_the_url_says_where_they_are_heard(self, given: str, heard_at: str) -> None:
        place = parse_postgres(given)
        assert (place.heard_at, place.listen) == (heard_at, True)
        assert "pw" not in str(place)

    @pytest.mark.parametrize("wrong", ["maybe", "db.internal", "db:port", "ann:pw@db:5432"])
    def test_what_is_no_address_is_refused(self, wrong: str) -> None:
        with pytest.raises(StorePlaceInvalid, match="listen=host:port"):
            parse_postgres(f"postgresql://pooler/shop?listen={wrong}")

    def test_nobody_listens_through_it_and_that_is_said_once(
        self, pooled: Pooled, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING, logger="headway.store"), Jobs(pooled.url) as jobs:
            job = jobs.register(lambda number: number, name="work")
            with Worker(jobs):
                until(lambda: "add listen=host:port" in caplog.text, "it is said")
                with Jobs(pooled.url) as others:
                    ref = others.enqueue_by_name("work", {"number": 7}, allow_unknown=True)
                    assert ref.result(WAIT_S) == 7
                assert ask(pooled.folder, LISTENERS) == [(0,)]
        assert job is not None
        assert caplog.text.count("wake-ups are not heard") <= 2, "once for each store that listened"

    def test_the_server_itself_may_be_named_for_them(self, pooled: Pooled, caplog: pytest.LogCaptureFixture) -> None:
        parts = urlsplit(pooled.direct)
        url = f"{pooled.url}?listen={parts.hostname}:{parts.port}"
        with caplog.at_level(logging.WARNING, logger="headway.store"), Jobs(url) as jobs:
            rung: list[bool] = []
            jobs.store.listen("test", lambda: rung.append(True))
            until(lambda: ask(pooled.folder, LISTENERS) == [(1,)] and rung, "it listens")
            heard = len(rung)
            with Jobs(pooled.url) as others:
                others.register(lambda: None, name="work").enqueue()
                until(lambda: len(rung) > heard, "it was rung")
            pooled.proxy.stall()
            heard = len(rung)
            ask(pooled.folder, "NOTIFY headway_headway, 'another process'")
            until(lambda: len(rung) > heard, "it hears past the pooler")
            pooled.proxy.flow()
            jobs.store.unlisten("test")
        assert caplog.text == ""


def test_silence_is_noticed_through_it_too(pooled: Pooled) -> None:
    with Jobs(pooled.url) as jobs:
        work = jobs.register(lambda: None, name="work")
        work.enqueue()
        pooled.proxy.stall()
        begun = jobs.clock.monotonic()
        with pytest.raises(StoreUnavailable):
            work.enqueue()
        assert jobs.clock.monotonic() - begun < SILENCE_MAX_S
        pooled.proxy.flow()
        assert until(lambda: stored(work)) == 2


def stored(work: Job[[], None]) -> int:
    """The number of another one; 0 where it is still refused."""
    try:
        return work.enqueue().id
    except StoreUnavailable:
        return 0


class TestPreparedStatements:
    def test_a_jobs_own_transaction_leaves_none_in_the_session(self, pooled: Pooled) -> None:
        def body(ctx: Context) -> int:
            with ctx.transaction() as connection:
                for number in range(20):
                    connection.execute("SELECT %s::int", [number])
                kept = connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()
                return int(kept[0])

        with Jobs(pooled.url) as jobs:
            ref = jobs.register(body, name="body", takes_context=True).enqueue()
            assert Worker(jobs).run_until_idle(WAIT_S)
            assert ref.result() == 0

    def test_calls_in_a_callers_transaction_leave_none_either(self, pooled: Pooled) -> None:
        with Jobs(pooled.url) as jobs, closing(jobs.guest().connect()) as connection:
            connection.prepare_threshold = 2
            assert blocking(connection) is not None
            work = jobs.register(lambda: None, name="work")
            for _ in range(10):
                jobs.within(connection).enqueue(work)
            assert connection.execute("SELECT name FROM pg_prepared_statements").fetchall() == []
            connection.commit()
            assert jobs.wake() == 10


class TestSteps:
    def test_an_index_is_made_through_it(self, pooled: Pooled) -> None:
        assert make_index(pooled.url) == 1
        assert ask(pooled.folder, MADE) == [(1,)]

    @pytest.mark.parametrize("limit", ["statement_timeout", "lock_timeout"])
    def test_it_is_refused_where_a_limit_would_cut_it_short(self, pooled: Pooled, limit: str) -> None:
        name = urlsplit(pooled.direct).path[1:]
        ask(pooled.folder, f"ALTER DATABASE {name} SET {limit} = '1h'")
        with pytest.raises(StoreUnavailable, match=f"and {limit} would cut it short: .* past the pooler"):
            make_index(pooled.url)
        assert ask(pooled.folder, MADE) == [(0,)]

    def test_it_is_refused_where_no_second_session_is_to_be_had(self, pooled: Pooled) -> None:
        """The first connection flows on, the second one comes in and gets no answer."""
        with closing(connect(parse_postgres(pooled.url), what="test")) as second:
            pooled.proxy.stall_these()
            step = Migration(9, "-- outside_transaction\nSELECT 1")
            with pytest.raises(StoreUnavailable, match="more sessions"):
                run_outside(second, parse_postgres(pooled.url), step)
