"""The owner thread: what waits together commits together, and nobody is harmed by a neighbour."""

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from headway.model.claim import NewJob
from headway.model.errors import DuplicateRefId, JobNotFound, StoreError
from headway.model.job import State
from headway.store.open import open_store
from headway.store.protocol import Operation, Store


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
