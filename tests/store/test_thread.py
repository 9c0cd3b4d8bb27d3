"""The owner thread: what waits together commits together, and nobody is harmed by a neighbour."""

import asyncio
import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from headway.model.claim import NewJob
from headway.model.errors import DuplicateRefId, JobNotFound, StoreError
from headway.model.job import State
from headway.store.open import open_store
from headway.store.protocol import Operation, Store
from headway.store.sqlite.lock import Turnstile
from tests.acceptance.moments import until


def job(ref: str, **more: object) -> NewJob:
    return NewJob(ref_id=ref, name="a", payload="{}", **more)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path):  # type: ignore[no-untyped-def]
    opened = open_store(str(tmp_path), durability="relaxed")
    yield opened
    opened.close()


def held(store: Store) -> threading.Event:
    """Keep the owner thread busy until the event is set, so that what follows waits together."""
    go = threading.Event()
    store.submit(Operation("hold", lambda _tx: go.wait(10)), lambda _value, _error: None)
    return go


def test_a_failing_operation_leaves_its_neighbours_in_the_group_unharmed(store: Store) -> None:
    answers: dict[str, BaseException | None] = {}
    done = threading.Event()

    def note(name: str):  # type: ignore[no-untyped-def]
        def tell(_value: object, error: BaseException | None) -> None:
            answers[name] = error
            if len(answers) == 3:
                done.set()

        return tell

    go = held(store)
    store.submit(store.enqueue([job("one")]), note("one"))
    store.submit(store.enqueue([job("bad", depends_on=(4711,))]), note("bad"))
    store.submit(store.enqueue([job("two")]), note("two"))
    go.set()
    assert done.wait(10)
    assert answers["one"] is None
    assert isinstance(answers["bad"], JobNotFound)
    assert answers["two"] is None
    assert store.reader.call(store.reader.counts())[State.QUEUED] == 2


def where(store: Store) -> int:
    """The thread on which an enqueue of nothing is run."""
    found: int = store.call(Operation("where", lambda _tx: threading.get_ident(), jobs=()))
    return found


def on_a_thread(act, *words):  # type: ignore[no-untyped-def]
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act, *words).result(10)


def test_a_thread_that_enqueues_while_nothing_waits_does_it_itself(store: Store) -> None:
    assert on_a_thread(lambda: where(store) == threading.get_ident())


def test_the_main_thread_which_signals_interrupt_hands_it_over(store: Store) -> None:
    assert where(store) != threading.get_ident()


def test_while_others_wait_it_is_handed_over_and_shares_their_commit(store: Store) -> None:
    go = held(store)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(lambda: (where(store), threading.get_ident()))
        assert not first.done()
        go.set()
        ran, here = first.result(10)
    assert ran != here


def test_whoever_does_it_itself_cannot_wait_for_another_operation_inside_it(store: Store) -> None:
    def inside(_tx: object) -> str:
        with pytest.raises(StoreError, match="cannot wait for another one"):
            store.call(store.enqueue([job("inner")]))
        return "refused"

    assert on_a_thread(lambda: store.call(Operation("outer", inside, jobs=()))) == "refused"


def test_what_it_raises_there_is_raised_and_the_store_goes_on(store: Store) -> None:
    with pytest.raises(JobNotFound):
        on_a_thread(lambda: store.call(store.enqueue([job("bad", depends_on=(4711,))])))
    assert on_a_thread(lambda: store.call(store.enqueue([job("good")])))[0].ref_id == "good"


def test_callers_of_every_kind_at_once_store_each_job_once(store: Store) -> None:
    told = threading.Semaphore(0)

    async def awaited() -> None:
        for number in range(100):
            await store.acall(store.enqueue([job(f"async-{number}")]))

    def called(caller: int) -> None:
        for number in range(100):
            store.call(store.enqueue([job(f"sync-{caller}-{number}")]))

    with ThreadPoolExecutor(6) as pool:
        running = [pool.submit(called, caller) for caller in range(5)]
        running.append(pool.submit(asyncio.run, awaited()))
        for number in range(100):
            store.submit(store.enqueue([job(f"told-{number}")]), lambda _value, _error: told.release())
        for one in running:
            one.result(20)
    assert all(told.acquire(timeout=10) for _ in range(100))
    assert store.reader.call(store.reader.counts())[State.QUEUED] == 700


def test_after_the_close_it_is_refused_on_every_thread(tmp_path: Path) -> None:
    opened = open_store(str(tmp_path), durability="relaxed")
    opened.close()
    with pytest.raises(StoreError, match="closed"):
        on_a_thread(where, opened)


def test_a_repeated_random_ref_is_found_and_not_inserted_twice(store: Store) -> None:
    first = store.call(store.enqueue([job("r")]))
    again = store.call(store.enqueue([job("r")]))
    assert (again[0].id, again[0].existing) == (first[0].id, True)


def test_another_content_under_one_ref_is_refused(store: Store) -> None:
    store.call(store.enqueue([job("r", content=b"one")]))
    with pytest.raises(DuplicateRefId):
        store.call(store.enqueue([job("r", content=b"two")]))


def test_many_threads_and_many_coroutines_share_commits(store: Store) -> None:
    async def crowd() -> None:
        await asyncio.gather(*(store.acall(store.enqueue([job(f"a{n}")])) for n in range(200)))

    asyncio.run(crowd())
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda n: store.call(store.enqueue([job(f"t{n}")])), range(200)))
    assert store.reader.call(store.reader.counts())[State.QUEUED] == 400


def test_an_await_that_is_cancelled_after_it_was_handed_over_still_commits(store: Store) -> None:
    async def impatient() -> None:
        go = held(store)
        waiting = asyncio.create_task(store.acall(store.enqueue([job("late")])))
        await asyncio.wait({waiting}, timeout=0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        go.set()

    asyncio.run(impatient())
    store.call(store.tend())
    assert store.reader.call(store.reader.job("late")) is not None


def test_waiting_on_the_stores_own_thread_is_refused_instead_of_hanging(store: Store) -> None:
    errors: list[BaseException] = []

    def inside(_tx: object) -> None:
        try:
            store.call(store.tend())
        except StoreError as error:
            errors.append(error)

    store.call(Operation("inside", inside))
    assert "own thread" in str(errors[0])


def test_after_close_operations_are_refused_and_what_waited_was_finished(tmp_path: Path) -> None:
    store = open_store(str(tmp_path), durability="relaxed")
    go = held(store)
    ended = threading.Event()
    store.submit(store.enqueue([job("last")]), lambda _value, _error: ended.set())
    closing = threading.Thread(target=store.close)
    closing.start()
    go.set()
    closing.join(10)
    assert ended.is_set()
    with pytest.raises(StoreError, match="closed"):
        store.call(store.tend())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_is_refused_the_parents_connection(store: Store) -> None:
    store.call(store.tend())
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            store.call(store.tend())
            os.write(writing, b"used it")
        except StoreError as error:
            os.write(writing, str(error).encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    assert b"another process" in os.read(reading, 1000)
    os.close(reading)
    store.call(store.enqueue([job("still")]))


def test_who_waits_for_the_lock_again_after_a_writer_that_does_not_know_it_is_seen_to_wait(tmp_path: Path) -> None:
    store = open_store(str(tmp_path), durability="relaxed")
    (main,) = tmp_path.glob("*.db")
    foreign = sqlite3.connect(main, isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    turnstile, answered = Turnstile(tmp_path), threading.Event()
    turnstile.take()
    store.submit(store.enqueue([job("late")]), lambda _value, _error: answered.set())
    until(store.stuck_since, "it waits for its turn")
    turnstile.let_go()
    turnstile.take()  # after its turn, in which it met the other writer and let the lock go
    foreign.rollback()
    since, holder = until(store.stuck_since, "whoever watches sees that it waits")
    assert (since > 0, holder) == (True, os.getpid())
    turnstile.let_go()
    assert answered.wait(10)
    turnstile.close()
    foreign.close()
    store.close()
