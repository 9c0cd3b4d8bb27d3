"""A batch in the store: add to it, close it, cancel it, look at it, wait for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from headway.client.callbacks import Callbacks
from headway.client.ref import Ref, seconds_of
from headway.client.waiting import pauses, refuse_in_loop
from headway.model.batch import BatchRef, BatchRow, BatchStatus, status_of
from headway.model.errors import BatchNotFound, OptionInvalid, ResultNotReady
from headway.store.batching import BatchCancelled
from headway.store.protocol import CancelAnswer, Operation

if TYPE_CHECKING:
    from headway.client.call import Call
    from headway.client.core import Core
    from headway.client.sending import Sending
    from headway.model.claim import NewJob

R = TypeVar("R")


class Batch:
    """Jobs that are counted together, by the name of their batch. Works in any process that opens the same store.

    Every method that waits for the store has an `a` twin for coroutines. BatchNotFound is raised when the batch is gone.
    """

    __slots__ = ("_core", "_id", "_name", "_tenant")

    def __init__(self, core: Sending, *, name: str, id: int | None, tenant: str | None = None) -> None:  # noqa: A002 - the store's own word
        self._core = core
        self._tenant = tenant
        self._name = name
        self._id = id

    @property
    def id(self) -> int:
        """The batch's number in its store."""
        if self._id is None:
            raise BatchNotFound(
                f"the batch {self._name!r} is not stored yet: that is done at the end of its with block"
            )
        return self._id

    @property
    def name(self) -> str:
        """Its name, unique within its app."""
        return self._name

    @property
    def app(self) -> str:
        """The app that it belongs to."""
        return self._core.app

    @property
    def tenant(self) -> str | None:
        """For whom it is done: what is added to it belongs to the same tenant, unless it says otherwise."""
        return self._tenant

    @property
    def batch_ref(self) -> BatchRef:
        """What `depends_on=` and `batch=` read off it."""
        return BatchRef(self.app, self._name)

    # -- what can be done to it ----------------------------------------------------------------------------------

    def enqueue(self, call: Call[R]) -> Ref[R]:
        """Store a call as a part of it, also while it runs. BatchClosed after the close or a cancel, BatchFull beyond its total."""
        return self.enqueue_many([call])[0]

    async def aenqueue(self, call: Call[R]) -> Ref[R]:
        """Store a call as a part of it, also while it runs. BatchClosed after the close or a cancel, BatchFull beyond its total."""
        return (await self.aenqueue_many([call]))[0]

    def enqueue_many(self, calls: Iterable[Call[R]]) -> list[Ref[R]]:
        """Store all calls as parts of it, or none, in one transaction; a hundred thousand go in several of these."""
        prepared = [self._prepare(call) for call in calls]
        store = self._core.store
        return self._core.refs(prepared, store.call(store.enqueue([job for job, _ in prepared])) if prepared else [])

    async def aenqueue_many(self, calls: Iterable[Call[R]]) -> list[Ref[R]]:
        """Store all calls as parts of it, or none, in one transaction; a hundred thousand go in several of these."""
        prepared = [self._prepare(call) for call in calls]
        store = self._core.store
        answers = await store.acall(store.enqueue([job for job, _ in prepared])) if prepared else []
        return self._core.refs(prepared, answers)

    def close(self) -> None:
        """Say that nothing more will be added: once everything in it has ended, it has. May be called again."""
        self._core.store.call(self._core.store.seal_batch(self.id))

    async def aclose(self) -> None:
        """Say that nothing more will be added: once everything in it has ended, it has. May be called again."""
        await self._core.store.acall(self._core.store.seal_batch(self.id))

    def cancel(self, by: str | None = None) -> CancelAnswer:
        """Cancel it with all its jobs and the batches in it: what has not started never will, what runs is asked to stop.

        Nothing can be added afterwards. In short transactions; if this process dies in between, the workers go on.
        """
        first = step = self._core.store.call(self._cancelling(by))
        while step.more:
            step = self._core.store.call(self._cancelling(by))
        return self._known(first.answer)

    async def acancel(self, by: str | None = None) -> CancelAnswer:
        """Cancel it with all its jobs and the batches in it: what has not started never will, what runs is asked to stop.

        Nothing can be added afterwards. In short transactions; if this process dies in between, the workers go on.
        """
        first = step = await self._core.store.acall(self._cancelling(by))
        while step.more:
            step = await self._core.store.acall(self._cancelling(by))
        return self._known(first.answer)

    # -- how it stands -------------------------------------------------------------------------------------------

    def status(self) -> BatchStatus:
        """How it stands now, with its counts."""
        return status_found(self._core, self._name, self._core.store.reader.call(self._look()))

    async def astatus(self) -> BatchStatus:
        """How it stands now, with its counts."""
        return status_found(self._core, self._name, await self._core.store.reader.acall(self._look()))

    def wait(self, timeout: float | timedelta | None = None) -> BatchStatus:
        """Wait until everything in it has ended, however; ResultNotReady when the time is over. An open one does not end."""
        seconds = seconds_of(timeout)
        if seconds != 0:
            refuse_in_loop("wait", "await_")
        status = self.status()
        for pause in pauses(self._core.clock, seconds):
            if status.is_final:
                break
            self._core.waiter.pause(pause)
            status = self.status()
        return _ended(status, seconds)

    async def await_(self, timeout: float | timedelta | None = None) -> BatchStatus:
        """The same, awaited; `await` itself is a word of the language."""
        seconds = seconds_of(timeout)
        status = await self.astatus()
        for pause in pauses(self._core.clock, seconds):
            if status.is_final:
                break
            await self._core.waiter.apause(pause)
            status = await self.astatus()
        return _ended(status, seconds)

    # -- the same batch ------------------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        """Whether both are the same batch of the same app and store."""
        if not isinstance(other, Batch):
            return NotImplemented
        return (self.app, self.name, self._core.place) == (other.app, other.name, other._core.place)

    def __hash__(self) -> int:
        return hash((self.app, self._name))

    def __repr__(self) -> str:
        return f"<Batch {self._name}>"

    # -- behind it -----------------------------------------------------------------------------------------------

    def _prepare(self, call: Call[Any]) -> tuple[NewJob, Callbacks | None]:
        job, callbacks = self._core.prepare_call(call)
        return self._joined(job, self.id), callbacks

    def _joined(self, job: NewJob, number: int | None) -> NewJob:
        """The job as a member; its batch's name is also its mark, so that lists find it, unless it has another."""
        if job.batch not in {None, number}:
            raise OptionInvalid(f"{job.name}: the call is to be a part of another batch already: leave batch= out")
        return replace(job, batch=number, batch_id=job.batch_id or self._name, tenant=job.tenant or self._tenant)

    def _look(self) -> Operation[BatchRow | None]:
        return self._core.store.reader.batch(self._name, app=self.app)

    def _cancelling(self, by: str | None) -> Operation[BatchCancelled]:
        return self._core.store.cancel_batch(self.id, by=by)

    def _known(self, answer: CancelAnswer) -> CancelAnswer:
        if answer is CancelAnswer.NOT_FOUND:
            raise BatchNotFound(why_none(self._core, self._name))
        return answer


def status_found(core: Core, asked: str | int, row: BatchRow | None) -> BatchStatus:
    """The status of a batch that must be there."""
    if row is None:
        raise BatchNotFound(why_none(core, asked))
    return status_of(row)


def why_none(core: Core, asked: str | int) -> str:
    """What to say of a batch that is not there."""
    return f"there is no batch {asked!r} of the app {core.app!r} in {core.place}"


def _ended(status: BatchStatus, seconds: float | None) -> BatchStatus:
    if not status.is_final:
        raise ResultNotReady(f"the batch {status.name!r} is still {status.state} after {seconds} s; it goes on")
    return status
