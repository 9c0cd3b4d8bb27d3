"""A reference to a stored job: how it stands, and what became of it. What can be done to it is in `mending.py`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any, TypeVar, cast

from headway.client.ending import result_of
from headway.client.linked import ResultOf
from headway.client.mending import Mendable
from headway.client.status import LAST_RUNS, Status, status_of, wants_estimate
from headway.client.waiting import pauses, refuse_in_loop
from headway.model.errors import OptionInvalid, ResultNotReady
from headway.model.explain import Explanation
from headway.model.job import JobRow
from headway.store.protocol import JobDetail, Operation, Reader, StoredLine

R_co = TypeVar("R_co", covariant=True)
T = TypeVar("T")


class Ref(Mendable[R_co]):
    """A job in the store, by its number and its reference. Works in any process that opens the same store.

    Every method that waits for the store has an `a` twin for coroutines. JobNotFound is raised when the job is gone.
    """

    __slots__ = ()

    @property
    def id(self) -> int:
        """The job's number in its store. JobNotFound as long as the transaction that it was enqueued in has not committed."""
        self._find()
        return self._id

    @property
    def ref_id(self) -> str:
        """The job's reference, unique within its app."""
        return self._ref_id

    @property
    def app(self) -> str:
        """The app that it belongs to."""
        return self._core.app

    @property
    def name(self) -> str:
        """The handler's name."""
        return self._name

    @property
    def existing(self) -> bool:
        """Whether the enqueue found the job there already: under the same ref_id, or with the same unique key."""
        return self._existing

    @property
    def value(self) -> R_co:
        """Its result, as an argument of another call: `add.enqueue(ref.value, 2)` waits for this job and gets its result.

        To a type checker it is the result; in truth a marker that only `call`, `enqueue` and the like understand.
        `result()` is the result itself.
        """
        return cast("R_co", ResultOf(self))

    # -- how it stands -------------------------------------------------------------------------------------------

    def status(self) -> Status:
        """How it stands now."""
        self._find()
        row = self._row(self._read(self._reader.job(self._id)))
        durations = self._read(self._durations(row)) if wants_estimate(row) else ()
        return status_of(row, self._core.clock.now_us(), durations)

    async def astatus(self) -> Status:
        """How it stands now."""
        await self._afind()
        row = self._row(await self._aread(self._reader.job(self._id)))
        durations = await self._aread(self._durations(row)) if wants_estimate(row) else ()
        return status_of(row, self._core.clock.now_us(), durations)

    def explain(self) -> Explanation:
        """Why it is not running: every gate that keeps it back, or how many ready jobs are ahead of it."""
        self._find()
        return self._explained(self._read(self._explanation()))

    async def aexplain(self) -> Explanation:
        """Why it is not running: every gate that keeps it back, or how many ready jobs are ahead of it."""
        await self._afind()
        return self._explained(await self._aread(self._explanation()))

    def detail(self) -> JobDetail:
        """Everything about it: arguments, result, attempts with their errors, events, links."""
        self._find()
        return self._there(self._read(self._reader.detail(self._id)))

    async def adetail(self) -> JobDetail:
        """Everything about it: arguments, result, attempts with their errors, events, links."""
        await self._afind()
        return self._there(await self._aread(self._reader.detail(self._id)))

    def log(self, *, after: int = 0, limit: int = 1000) -> tuple[StoredLine, ...]:
        """Its log after line number `after`, in order; give the last number that you have to go on."""
        self._find()
        return self._read(self._reader.lines(self._id, after=after, limit=limit))

    async def alog(self, *, after: int = 0, limit: int = 1000) -> tuple[StoredLine, ...]:
        """Its log after line number `after`, in order; give the last number that you have to go on."""
        await self._afind()
        return await self._aread(self._reader.lines(self._id, after=after, limit=limit))

    # -- what became of it ---------------------------------------------------------------------------------------

    def result(self, timeout: float | timedelta | None = None) -> R_co:
        """Wait until it has ended, at most `timeout` (seconds), and return the handler's value.

        Raises JobFailed, JobCancelled (also for a skipped job), or ResultNotReady when the time is over; the job goes
        on then. None where the result was not stored. In a thread whose event loop runs only `timeout=0` is allowed.
        """
        if seconds_of(timeout) != 0:
            refuse_in_loop("result", "aresult")
        self.wait(timeout)
        return self._value(self.detail())

    async def aresult(self, timeout: float | timedelta | None = None) -> R_co:
        """The same, awaited."""
        await self.await_(timeout)
        return self._value(await self.adetail())

    def wait(self, timeout: float | timedelta | None = None) -> Status:
        """Wait until it has ended, however; ResultNotReady when the time is over."""
        self._find()
        seconds = seconds_of(timeout)
        if seconds != 0:
            refuse_in_loop("wait", "await_")
        row = self._row(self._read(self._reader.job(self._id)))
        for pause in pauses(self._core.clock, seconds):
            if row.state.is_final:
                break
            self._core.waiter.pause(pause)
            row = self._row(self._read(self._reader.job(self._id)))
        return self._ended(row, seconds)

    async def await_(self, timeout: float | timedelta | None = None) -> Status:
        """The same, awaited; `await` itself is a word of the language."""
        await self._afind()
        seconds = seconds_of(timeout)
        row = self._row(await self._aread(self._reader.job(self._id)))
        for pause in pauses(self._core.clock, seconds):
            if row.state.is_final:
                break
            await self._core.waiter.apause(pause)
            row = self._row(await self._aread(self._reader.job(self._id)))
        return self._ended(row, seconds)

    def watch(self) -> Iterator[Status]:
        """Each status that differs from the one before, from now until the job has ended; the last one is its end.

        Looks about ten times a second: what changed and changed back in between is not seen.
        """
        refuse_in_loop("watch", "awatch")
        seen: Status | None = None
        for pause in pauses(self._core.clock, None):
            status = self.status()
            if status != seen:
                yield status
                seen = status
            if status.state.is_final:
                return
            self._core.waiter.pause(pause)

    async def awatch(self) -> AsyncIterator[Status]:
        """The same, awaited: `async for status in ref.awatch()`."""
        seen: Status | None = None
        for pause in pauses(self._core.clock, None):
            status = await self.astatus()
            if status != seen:
                yield status
                seen = status
            if status.state.is_final:
                return
            await self._core.waiter.apause(pause)

    # -- the same job --------------------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        """Whether both refer to the same job of the same app and store."""
        if not isinstance(other, Ref):
            return NotImplemented
        return (self.app, self.ref_id, self._core.place) == (other.app, other.ref_id, other._core.place)

    def __hash__(self) -> int:
        return hash((self.app, self._ref_id))

    def __repr__(self) -> str:
        return f"<Ref {self._id or 'to come'} {self._ref_id} {self._name}>"

    # -- behind it -----------------------------------------------------------------------------------------------

    @property
    def _reader(self) -> Reader:
        return self._core.store.reader

    def _read(self, operation: Operation[T]) -> T:
        return self._reader.call(operation)

    async def _aread(self, operation: Operation[T]) -> T:
        return await self._reader.acall(operation)

    def _durations(self, row: JobRow) -> Operation[tuple[int, ...]]:
        return self._reader.durations(row.name, last=LAST_RUNS)

    def _row(self, row: JobRow | None) -> JobRow:
        return row if row is not None else self._gone()

    def _explanation(self) -> Operation[Explanation | None]:
        return self._reader.explain(self._id, gone=self._core.store.gone())

    def _explained(self, found: Explanation | None) -> Explanation:
        return found if found is not None else self._gone()

    def _ended(self, row: JobRow, seconds: float | None) -> Status:
        if not row.state.is_final:
            raise ResultNotReady(f"job {self._id} is still {row.state} after {seconds} s; it goes on")
        return status_of(row, self._core.clock.now_us())

    def _value(self, detail: JobDetail) -> R_co:
        handler = self._core.registry.find(detail.row.name)
        return cast("R_co", result_of(detail, Any if handler is None else handler.result_type))


def seconds_of(timeout: float | timedelta | None) -> float | None:
    """A time limit in seconds."""
    seconds: Any = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds >= 0:
        raise OptionInvalid(f"timeout must be seconds from 0, a timedelta, or None, not {timeout!r}")
    return seconds
