"""What can be done to a stored job: cancel, retry, replay, revise, delete. The half of a `Ref` that changes something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, TypeVar, Unpack, assert_never

from headway.client.admitting import alook, look
from headway.client.revising import TRIES, Changes, revision, why_not, with_arguments
from headway.model.errors import DuplicateJob, JobNotFound, JobNotReplayable, JobNotRetryable, JobNotRevisable
from headway.model.job import JobRow
from headway.store.protocol import CancelAnswer, JobDetail, Operation, RequeueAnswer
from headway.store.revision import ReplayAnswer, Replayed, ReviseAnswer, Revision
from headway.store.values import DeleteAnswer

if TYPE_CHECKING:
    from headway.client.core import Core

R_co = TypeVar("R_co", covariant=True)


class Mendable(Generic[R_co]):
    """A stored job that something can be done to."""

    __slots__ = ("_core", "_existing", "_id", "_name", "_ref_id")

    def __init__(self, core: Core, *, id: int, ref_id: str, name: str, existing: bool = False) -> None:  # noqa: A002 - the job's own word
        self._core = core
        self._id = id  # 0: it was enqueued in a transaction of the caller's, and was not looked for yet
        self._ref_id = ref_id
        self._name = name
        self._existing = existing

    def cancel(self, by: str | None = None) -> CancelAnswer:
        """Cancel it: at once if it has not started, else at its next check or await. Tells what happened."""
        self._find()
        return self._known(self._core.store.call(self._core.store.cancel(self._id, by=by, app=self._core.app)))

    async def acancel(self, by: str | None = None) -> CancelAnswer:
        """Cancel it: at once if it has not started, else at its next check or await. Tells what happened."""
        await self._afind()
        return self._known(await self._core.store.acall(self._core.store.cancel(self._id, by=by, app=self._core.app)))

    def retry(self, by: str | None = None, *, revive: bool = False) -> None:
        """Run it again with its whole budget of retries; JobNotRetryable unless it failed or was cancelled.

        With `revive=True` jobs that never ran because they depend on it, or on a batch that it is in, go back to waiting,
        and those that depend on them: cancelled ones and skipped ones. DuplicateJob when its unique key belongs to another job by now.
        """
        self._find()
        if self._requeued(self._core.store.call(self._requeue(by, revive=revive))):
            return
        store = self._core.store
        row = store.reader.call(store.reader.job(self._id))
        key = "" if row is None or row.unique_key is None else row.unique_key
        raise _clash("retried", self._id, key, store.reader.call(store.reader.holder(key, app=self._core.app)))

    async def aretry(self, by: str | None = None, *, revive: bool = False) -> None:
        """The same, awaited."""
        await self._afind()
        if self._requeued(await self._core.store.acall(self._requeue(by, revive=revive))):
            return
        store = self._core.store
        row = await store.reader.acall(store.reader.job(self._id))
        key = "" if row is None or row.unique_key is None else row.unique_key
        raise _clash("retried", self._id, key, await store.reader.acall(store.reader.holder(key, app=self._core.app)))

    def replay(self, by: str | None = None) -> Self:
        """Do what it did once more, as a new job with the same arguments and options; it stays as it is itself.

        The new one is due at once, belongs to no batch and waits for no parents; `detail().row.replay_of` leads back.
        Arguments that were results of other jobs are those that it ran with; one that it was never given is what that
        job's result is now. JobNotReplayable unless this one has ended and its arguments are there; DuplicateJob when
        its unique key belongs to another job.
        """
        self._find()
        return self._replayed(self._core.store.call(self._replay(by)))

    async def areplay(self, by: str | None = None) -> Self:
        """The same, awaited."""
        await self._afind()
        return self._replayed(await self._core.store.acall(self._replay(by)))

    def revise(self, *, by: str | None = None, **changes: Unpack[Changes]) -> None:
        """Change its priority, run_after, queue or arguments while it waits: scheduled, queued, or waiting for parents.

        What is not given stays as it is. Everything is checked as at the enqueue; `arguments` take the place of the stored ones of the same names.
        All of it happens or nothing, and is written to the job's history. JobNotRevisable when it runs or has ended.
        """
        self._find()
        change, arguments = revision(changes)
        store = self._core.store
        for _ in range(TRIES):
            if arguments is not None:
                found = self._there(store.reader.call(store.reader.detail(self._id, app=self._core.app)))
                change = self._with_arguments(change, found, arguments)
            if self._revised(store.call(self._revise(change, by))):
                return
        raise JobNotRevisable(f"job {self._id} cannot be revised: others keep changing its arguments; try again")

    async def arevise(self, *, by: str | None = None, **changes: Unpack[Changes]) -> None:
        """The same, awaited."""
        await self._afind()
        change, arguments = revision(changes)
        store = self._core.store
        for _ in range(TRIES):
            if arguments is not None:
                found = self._there(await store.reader.acall(store.reader.detail(self._id, app=self._core.app)))
                change = self._with_arguments(change, found, arguments)
            if self._revised(await store.acall(self._revise(change, by))):
                return
        raise JobNotRevisable(f"job {self._id} cannot be revised: others keep changing its arguments; try again")

    def delete(self, by: str | None = None) -> DeleteAnswer:
        """Delete it for good, with all that is known of it, also from the archive. Tells what happened.

        One that has not begun is cancelled first, with all that follows; RUNNING and NEEDED: it runs, or what has not
        ended could still ask how it ended, and nothing changed.
        """
        self._find()
        return self._deleted(self._core.store.call(self._delete(by)))

    async def adelete(self, by: str | None = None) -> DeleteAnswer:
        """The same, awaited."""
        await self._afind()
        return self._deleted(await self._core.store.acall(self._delete(by)))

    # -- the operations, and their answers -----------------------------------------------------------------------

    def _requeue(self, by: str | None, *, revive: bool) -> Operation[RequeueAnswer]:
        return self._core.store.requeue(self._id, by=by, app=self._core.app, revive=revive)

    def _replay(self, by: str | None) -> Operation[Replayed]:
        ref_id = self._core.ref_ids.new()
        return self._core.store.replay(self._id, ref_id=ref_id, by=by, app=self._core.app)

    def _revise(self, change: Revision, by: str | None) -> Operation[ReviseAnswer]:
        return self._core.store.revise(self._id, change, by=by, app=self._core.app)

    def _delete(self, by: str | None) -> Operation[DeleteAnswer]:
        return self._core.store.delete(self._id, by=by, app=self._core.app)

    def _with_arguments(self, change: Revision, found: JobDetail, arguments: Mapping[str, Any]) -> Revision:
        handler, most = self._core.registry.find(found.row.name), self._core.settings.payload_max_bytes
        return with_arguments(change, found, arguments, handler=handler, max_bytes=most)

    def _known(self, answer: CancelAnswer) -> CancelAnswer:
        return answer if answer is not CancelAnswer.NOT_FOUND else self._gone()

    def _deleted(self, answer: DeleteAnswer) -> DeleteAnswer:
        return answer if answer is not DeleteAnswer.NOT_FOUND else self._gone()

    def _there(self, detail: JobDetail | None) -> JobDetail:
        return detail if detail is not None else self._gone()

    def _requeued(self, answer: RequeueAnswer) -> bool:
        """False when another job holds its unique key."""
        match answer:
            case RequeueAnswer.REQUEUED:
                return True
            case RequeueAnswer.KEY_HELD:
                return False
            case RequeueAnswer.REFUSED | RequeueAnswer.BODY_GONE:
                raise JobNotRetryable(f"job {self._id} cannot be retried: only failed and cancelled jobs can be")
            case RequeueAnswer.CYCLE:
                raise JobNotRetryable(f"job {self._id} cannot be retried: it would wait for its own batch for ever")
            case RequeueAnswer.NOT_FOUND:
                return self._gone()
            case _:
                assert_never(answer)

    def _replayed(self, replayed: Replayed) -> Self:
        match replayed.answer:
            case ReplayAnswer.REPLAYED:
                new = replayed.enqueued
                assert new is not None
                return type(self)(self._core, id=new.id, ref_id=new.ref_id, name=self._name)
            case ReplayAnswer.REFUSED:
                raise JobNotReplayable(f"job {self._id} cannot be replayed: it has not ended; enqueue a job of its own")
            case ReplayAnswer.BODY_GONE | ReplayAnswer.RESULT_GONE:
                raise JobNotReplayable(f"job {self._id} cannot be replayed: {replayed.why}")
            case ReplayAnswer.KEY_HELD:
                msg = (
                    f"job {self._id} cannot be replayed: its unique key belongs to job {replayed.holder}; wait for that"
                )
                raise DuplicateJob(msg, id=replayed.holder)
            case ReplayAnswer.NOT_FOUND:
                return self._gone()
            case _:
                assert_never(replayed.answer)

    def _revised(self, answer: ReviseAnswer) -> bool:
        """False when its arguments were changed meanwhile."""
        match answer:
            case ReviseAnswer.REVISED:
                return True
            case ReviseAnswer.CHANGED:
                return False
            case ReviseAnswer.STARTED:
                raise JobNotRevisable(why_not(self._id))
            case ReviseAnswer.KEY_HELD:
                raise DuplicateJob(
                    f"job {self._id} cannot be revised: another job has the unique key of these arguments (unique_for)"
                )
            case ReviseAnswer.NOT_FOUND:
                return self._gone()
            case _:
                assert_never(answer)

    def _gone(self) -> NoReturn:
        raise JobNotFound(f"there is no job {self._id} in {self._core.place}; it may have been purged")

    def _find(self) -> None:
        """Learn the number of one that was enqueued in a transaction of the caller's: it is there once that has committed."""
        if self._id:
            return
        store = self._core.store
        self._found(look(store, store.reader.job(self._ref_id, app=self._core.app)))

    async def _afind(self) -> None:
        """The same, awaited."""
        if self._id:
            return
        store = self._core.store
        self._found(await alook(store, store.reader.job(self._ref_id, app=self._core.app)))

    def _found(self, row: JobRow | None) -> None:
        if row is None:
            raise JobNotFound(
                f"there is no job {self._ref_id!r} in {self._core.place}: the transaction that enqueued it has not committed, or was "
                "rolled back"
            )
        self._id, self._name = row.id, row.name


def _clash(verb: str, job_id: int, key: str, holder: JobRow | None) -> DuplicateJob:
    whose = "another job" if holder is None else f"job {holder.id} ({holder.name}), which is {holder.state}"
    msg = f"job {job_id} cannot be {verb}: its unique key {key!r} belongs to {whose}; wait for it, or cancel it"
    return DuplicateJob(msg, id=None if holder is None else holder.id, key=key)
