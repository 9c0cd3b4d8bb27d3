"""Runs that are not stored: in this process, here and now, or when it is their turn on a named worker."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, TypeVar

from headway.client.call import Call
from headway.client.direct import Direct
from headway.client.turns import Turns
from headway.model.errors import HandlerRefused, JobCancelled, OptionInvalid
from headway.model.job import State

if TYPE_CHECKING:
    from headway.client.sending import Sending
    from headway.store.turns import Turn

R = TypeVar("R")

THREADS: Final = 32
"""Runs without a worker at the same time; more wait in this process."""
THREAD_NAME: Final = "headway-run"
FOR_RUNS: Final = frozenset({"worker", "tags", "created_by", "user_id", "tenant", "batch_id", "reply_to", "args"})
"""The options that mean something to a run that is not stored."""


class Run(Future[R]):
    """A run under way in this process: a `concurrent.futures.Future` that also says how it stands."""

    def __init__(self, name: str, worker: str | None) -> None:
        super().__init__()
        self.name = name
        """The handler's name."""
        self.worker = worker
        """The named worker on which it runs, if any."""

    @property
    def state(self) -> State:
        """Queued until it runs, then running, then completed, failed or cancelled."""
        if self.cancelled():
            return State.CANCELLED
        if self.done():
            error = self.exception()
            if isinstance(error, JobCancelled):
                return State.CANCELLED
            return State.COMPLETED if error is None else State.FAILED
        return State.RUNNING if self.running() else State.QUEUED

    def __repr__(self) -> str:
        return f"<Run {self.name} {self.state}>"


class Runs:
    """Starts runs and waits for their turns. Nothing is opened or started before it is needed."""

    def __init__(self, jobs: Sending) -> None:
        self._jobs = jobs
        self._lock = threading.Lock()
        self._found: Turns | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._lines: dict[str, deque[tuple[Run[Any], Direct, Turn]]] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._open: set[Run[Any]] = set()

    def start(self, call: Call[R]) -> Run[R]:
        """Run a call on a thread of this process, at once or when it is its turn on its named worker."""
        direct, lane = self._direct(call)
        run: Run[R] = Run(call.name, lane)
        self._open.add(run)
        run.add_done_callback(self._open.discard)
        if lane is None:
            self._executor().submit(_perform, run, direct)
            return run
        with self._lock:  # so that the turns of this process come in the order of its line
            turn = self._turns.ask(lane, call.name)
            self._lines.setdefault(lane, deque()).append((run, direct, turn))
            if lane not in self._threads:
                thread = threading.Thread(target=self._serve, args=(lane,), name=f"{THREAD_NAME}-{lane}")
                self._threads[lane] = thread
                thread.start()
        run.add_done_callback(self._giving_up(turn))
        return run

    async def arun(self, call: Call[R]) -> R:
        """The result of a call: a coroutine runs on this loop, a function on a thread."""
        import asyncio

        direct, lane = self._direct(call)
        if not direct.is_async:
            return await asyncio.wrap_future(await asyncio.to_thread(self.start, call))
        if lane is None:
            return (await direct.arun()).value  # type: ignore[no-any-return] # the call says what it is
        turn = await self._asked(lane, call.name)
        try:
            await self._turns.await_(turn)
            with self._turns.held(turn, direct.stop):
                return (await direct.arun()).value  # type: ignore[no-any-return] # as above
        finally:
            await asyncio.to_thread(self._turns.end, turn)

    async def _asked(self, lane: str, name: str) -> Turn:
        """A turn; one that comes after the await was cancelled is given up."""
        import asyncio

        asking = asyncio.ensure_future(asyncio.to_thread(self._turns.ask, lane, name))

        def done(_: object) -> None:
            if not asking.cancelled() and asking.exception() is None:
                self._turns.give_up(asking.result())

        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            asking.add_done_callback(done)
            raise

    def close(self) -> None:
        """Cancel what has not begun, wait for what runs, give the turns back. Idempotent."""
        for run in tuple(self._open):
            run.cancel()
        threads = tuple(self._threads.values())
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join()
        if self._pool is not None:
            self._pool.shutdown(wait=not threading.current_thread().name.startswith(THREAD_NAME))
        if self._found is not None:
            self._found.close()

    @property
    def _turns(self) -> Turns:
        if self._found is None:
            self._found = Turns(self._jobs.store, self._jobs.app, self._jobs.clock)
        return self._found

    def _executor(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix=THREAD_NAME)
            return self._pool

    def _direct(self, call: Call[Any]) -> tuple[Direct, str | None]:
        plan = call.plan
        if plan.handler is None:
            raise HandlerRefused(f"{call.name} is not registered here, so it cannot run here: enqueue it for a worker")
        for option in sorted(plan.chosen.keys() - FOR_RUNS):
            raise OptionInvalid(
                f"{call.name}: {option} is for jobs that are stored, and a run is not: leave it out, or enqueue the call"
            )
        if plan.fields.get("key") is not None:
            raise OptionInvalid(
                f"{call.name} was declared with a concurrency_key, which is kept for stored jobs only: enqueue it"
            )
        lane: str | None = plan.fields.get("lane")
        return Direct(self._jobs, call), lane

    def _giving_up(self, turn: Turn) -> Callable[[Future[Any]], None]:
        def done(run: Future[Any]) -> None:
            if run.cancelled():
                self._turns.give_up(turn)

        return done

    def _serve(self, lane: str) -> None:
        """Run what lines up in this process, one after the other, each when it is its turn."""
        while True:
            with self._lock:
                line = self._lines[lane]
                if not line:
                    del self._lines[lane], self._threads[lane]
                    return
                run, direct, turn = line.popleft()
            self._run_in_turn(run, direct, turn)

    def _run_in_turn(self, run: Run[Any], direct: Direct, turn: Turn) -> None:
        try:
            self._turns.wait(turn)
        except BaseException as error:  # noqa: BLE001 - whoever has the run gets it
            self._turns.give_up(turn)  # it may be there still, and nobody else would end it
            if run.set_running_or_notify_cancel():
                run.set_exception(error)
            return
        if not run.set_running_or_notify_cancel():
            return
        try:
            try:
                with self._turns.held(turn, direct.stop):
                    answer = direct.run().value
            finally:
                self._turns.end(turn)  # before anybody is told: whoever waits for the run may look at the store
        except BaseException as error:  # noqa: BLE001 - as above
            run.set_exception(error)
        else:
            run.set_result(answer)


def _perform(run: Run[Any], direct: Direct) -> None:
    if not run.set_running_or_notify_cancel():
        return
    try:
        answer = direct.run().value
    except BaseException as error:  # noqa: BLE001 - whoever has the run gets it
        run.set_exception(error)
    else:
        run.set_result(answer)
