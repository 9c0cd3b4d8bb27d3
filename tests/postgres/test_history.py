"""A standby that is promoted has not heard of the last commits: what was granted in them is refused, the rest goes on."""

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from headway.model.claim import Claim, NewJob
from headway.model.job import State
from headway.model.outcome import Budget, Ending, EndKind, decide
from headway.store.open import open_store
from headway.store.postgres.history import EPOCHS_SKIPPED, NUMBERS_SKIPPED
from headway.store.protocol import Ask, NodeInfo, Store
from tests.postgres.replica import Standby, both, standby_of
from tests.postgres.server import PostgresServer, postgres_server

LEASE_US = 30_000_000
pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def pair() -> Iterator[tuple[PostgresServer, Standby]]:
    with postgres_server() as first, standby_of(first) as second:
        yield first, second


@pytest.fixture
def url(pair: tuple[PostgresServer, Standby]) -> str:
    first, second = pair
    return both(first, second, first.fresh())


def fail_over(pair: tuple[PostgresServer, Standby]) -> None:
    first, second = pair
    first.stop_at_once()
    second.promote()


def catch_up(pair: tuple[PostgresServer, Standby]) -> None:
    """The standby has heard of all that was committed."""
    first, second = (psycopg.connect(one.url("postgres"), autocommit=True) for one in pair)
    with closing(first), closing(second):
        here = first.execute("SELECT pg_current_wal_insert_lsn()").fetchall()[0][0]
        first.execute("SELECT pg_switch_wal()")
        while not second.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", (here,)).fetchall()[0][0]:
            second.execute("SELECT pg_sleep(0.02)")


def enter(store: Store, uid: str) -> int:
    info = NodeInfo(
        uid=uid, app="default", host="here", pid=1, names=("work",), queues=None, concurrency=9, version="0"
    )
    return store.call(store.register(info, lease_us=LEASE_US))


def put(store: Store, *refs: str) -> list[int]:
    return [
        one.id for one in store.call(store.enqueue([NewJob(ref_id=ref, name="work", payload="{}") for ref in refs]))
    ]


def grant(store: Store, node: int, limit: int = 1) -> tuple[Claim, ...]:
    asks = [Ask(limit=limit, names=frozenset({"work"}))]
    return store.call(store.exchange(node, asks=asks, lease_us=LEASE_US)).claims


def settle(store: Store, node: int, claim: Claim) -> State | None:
    ending = Ending(id=claim.id, epoch=claim.epoch, kind=EndKind.RETURNED, started_us=1, finished_us=2)
    outcome = decide(Budget(tries=claim.tries, crashes=claim.crashes, retries=claim.retries), ending)
    return store.call(store.exchange(node, settlements=[outcome], lease_us=LEASE_US)).states[0]


def test_what_was_granted_in_lost_commits_is_refused_and_what_was_granted_before_goes_on(
    pair: tuple[PostgresServer, Standby], url: str
) -> None:
    with closing(open_store(url)) as store:
        here, there = enter(store, "here"), enter(store, "there")
        known, waiting = put(store, "known", "waiting")
        (before,) = grant(store, here)
        assert before.id == known
        catch_up(pair)
        pair[1].lose_touch()
        (lost,) = grant(store, here)
        assert (lost.id, lost.epoch) == (waiting, 1)
        (number,) = put(store, "lost")
        (lost_job,) = grant(store, here)
        late = enter(store, "late")
        fail_over(pair)

        beat = store.call(store.beat(here, lease_us=LEASE_US))
        assert beat.alive, "its lease goes on"
        assert beat.owned == {(known, 1)}, "and of what was lost it is told that it is not its own"
        assert not store.call(store.beat(late, lease_us=LEASE_US)).alive
        (new,) = put(store, "new")
        assert new > NUMBERS_SKIPPED + number
        assert enter(store, "new") > NUMBERS_SKIPPED + late
        again = {claim.id: claim for claim in grant(store, there, 9)}
        assert {job: claim.epoch for job, claim in again.items()} == {
            waiting: EPOCHS_SKIPPED + 2,
            new: EPOCHS_SKIPPED + 2,
        }
        assert settle(store, here, lost) is None, "another run of it is under way"
        assert settle(store, here, lost_job) is None
        assert settle(store, late, lost_job) is None
        assert settle(store, here, before) is State.COMPLETED
        assert [settle(store, there, claim) for claim in again.values()] == [State.COMPLETED] * 2
        assert store.call(store.audit()) == ()


def test_epochs_jump_once_for_each_line_of_history_whoever_comes_first(
    pair: tuple[PostgresServer, Standby], url: str
) -> None:
    with closing(open_store(url)) as store, closing(open_store(url)) as other:
        node = enter(store, "node")
        put(store, "one", "two", "three")
        catch_up(pair)
        fail_over(pair)
        (first,) = grant(other, node)
        (second,) = grant(store, node)
        assert (first.epoch, second.epoch) == (EPOCHS_SKIPPED + 1, EPOCHS_SKIPPED + 1)
        with closing(open_store(url)) as third:
            assert grant(third, node)[0].epoch == EPOCHS_SKIPPED + 1


def test_a_server_that_was_restarted_goes_on_in_the_same_line_of_history(pair: tuple[PostgresServer, Standby]) -> None:
    first, _ = pair
    with closing(open_store(first.url(first.fresh()))) as store:
        node = enter(store, "node")
        put(store, "one", "two")
        assert grant(store, node)[0].epoch == 1
        first.stop_at_once()
        first.start()
        assert grant(store, node)[0].epoch == 1
        assert put(store, "three")[0] < NUMBERS_SKIPPED
