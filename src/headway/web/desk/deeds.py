"""What is done to one job: cancelled, run again, repeated, changed, deleted. Each is written down with who did it."""

from __future__ import annotations

from typing import Any, Final, Unpack, assert_never

from headway.client.revising import TRIES, Changes, revision, why_not, with_arguments
from headway.model.errors import DuplicateJob, JobNotReplayable, JobNotRetryable, JobNotRevisable
from headway.model.job import JobRow
from headway.store.acting import as_note
from headway.store.protocol import CancelAnswer, RequeueAnswer
from headway.store.revision import ReplayAnswer, Replayed, ReviseAnswer, Revision
from headway.store.values import DeleteAnswer
from headway.web.desk.found import lost, row
from headway.web.problems import Conflict
from headway.web.visit import Visit

JOB: Final = "job"
"""The subject of the acts."""


async def cancel(visit: Visit, given: str) -> CancelAnswer:
    """Cancel a job: at once, or by asking its worker; Conflict when it has ended."""
    job = await row(visit, given)
    answer = await visit.change(
        visit.console.store.cancel(job.id, by=visit.by, app=visit.app),
        lambda answer: visit.act("cancel", JOB, job.id, note=_was(job)) if answer in _CANCELS else None,
        kind="cancel",
        job=job,
    )
    match answer:
        case CancelAnswer.NOT_FOUND:
            raise lost(given)
        case CancelAnswer.FINAL:
            raise Conflict(f"job {job.id} had ended before, so there is nothing to cancel")
        case CancelAnswer.CANCELLED | CancelAnswer.REQUESTED | CancelAnswer.ALREADY_REQUESTED:
            return answer
        case _:
            assert_never(answer)


_CANCELS: Final = frozenset({CancelAnswer.CANCELLED, CancelAnswer.REQUESTED})


async def retry(visit: Visit, given: str, *, revive: bool = False) -> None:
    """Run a failed or cancelled job again, with its whole budget; `revive`: also what never ran because it did not end well.

    JobNotRetryable for any other; DuplicateJob where another job holds its unique key by now.
    """
    job = await row(visit, given)
    answer = await visit.change(
        visit.console.store.requeue(job.id, by=visit.by, app=visit.app, revive=revive),
        lambda answer: (
            visit.act("retry", JOB, job.id, note=_was(job, revive=revive)) if answer is RequeueAnswer.REQUEUED else None
        ),
        kind="retry",
        job=job,
    )
    match answer:
        case RequeueAnswer.REQUEUED:
            return
        case RequeueAnswer.NOT_FOUND:
            raise lost(given)
        case RequeueAnswer.REFUSED:
            raise JobNotRetryable(f"job {job.id} is {job.state.value}: only failed and cancelled jobs can be retried")
        case RequeueAnswer.BODY_GONE:
            raise JobNotRetryable(f"job {job.id} cannot be retried: its arguments are not there any more")
        case RequeueAnswer.CYCLE:
            raise JobNotRetryable(f"job {job.id} cannot be retried: it would wait for its own batch for ever")
        case RequeueAnswer.KEY_HELD:
            raise await _clash(visit, job, "retried")
        case _:
            assert_never(answer)


async def replay(visit: Visit, given: str) -> int:
    """Do what an ended job did once more, as a new job; its number."""
    job = await row(visit, given)
    console = visit.console
    done: Replayed = await visit.change(
        console.store.replay(job.id, ref_id=console.jobs.ref_ids.new(), by=visit.by, app=visit.app),
        lambda done: (
            None if done.enqueued is None else visit.act("replay", JOB, job.id, note=as_note({"job": done.enqueued.id}))
        ),
        kind="replay",
        job=job,
    )
    match done.answer:
        case ReplayAnswer.REPLAYED:
            assert done.enqueued is not None
            return done.enqueued.id
        case ReplayAnswer.NOT_FOUND:
            raise lost(given)
        case ReplayAnswer.REFUSED:
            raise JobNotReplayable(f"job {job.id} cannot be replayed: it has not ended")
        case ReplayAnswer.BODY_GONE | ReplayAnswer.RESULT_GONE:
            raise JobNotReplayable(f"job {job.id} cannot be replayed: {done.why}")
        case ReplayAnswer.KEY_HELD:
            raise await _clash(visit, job, "replayed")
        case _:
            assert_never(done.answer)


async def revise(visit: Visit, given: str, **changes: Unpack[Changes]) -> None:
    """Change priority, run_after, queue or arguments of a job that waits, all or nothing; JobNotRevisable for any other.

    Everything is checked as at the enqueue; arguments that are not named stay as they are.
    """
    change, arguments = revision(changes)
    job = await row(visit, given)
    for _ in range(TRIES):
        if arguments is not None:
            change = await _with_arguments(visit, job, change, arguments)
        answer = await visit.change(
            visit.console.store.revise(job.id, change, by=visit.by, app=visit.app),
            lambda answer: (
                visit.act("revise", JOB, job.id, note=as_note({"changed": sorted(_named(changes))}))
                if answer is ReviseAnswer.REVISED
                else None
            ),
            kind="revise",
            job=job,
        )
        if answer is not ReviseAnswer.CHANGED:
            return _revised(answer, job)
    raise JobNotRevisable(f"job {job.id} cannot be revised: others keep changing its arguments; try again")


async def delete(visit: Visit, given: str) -> None:
    """Delete a job that ended or has not begun, for good; Conflict for one that runs, or that others depend on."""
    job = await row(visit, given)
    answer = await visit.change(
        visit.console.store.delete(job.id, by=visit.by, app=visit.app),
        lambda answer: visit.act("delete", JOB, job.id, note=_was(job)) if answer is DeleteAnswer.DELETED else None,
        kind="delete",
        job=job,
    )
    match answer:
        case DeleteAnswer.DELETED:
            return
        case DeleteAnswer.NOT_FOUND:
            raise lost(given)
        case DeleteAnswer.RUNNING:
            raise Conflict(f"job {job.id} runs, or its callback is due: cancel it, and delete it when it has ended")
        case DeleteAnswer.NEEDED:
            raise Conflict(f"job {job.id} cannot be deleted: jobs or batches that have not ended depend on it")
        case _:
            assert_never(answer)


async def _with_arguments(visit: Visit, job: JobRow, change: Revision, arguments: Any) -> Revision:
    found = await visit.read(visit.reader.detail(job.id, app=visit.app))
    if found is None:
        raise lost(job.id)
    jobs = visit.console.jobs
    handler, most = jobs.registry.find(job.name), jobs.settings.payload_max_bytes
    return with_arguments(change, found, arguments, handler=handler, max_bytes=most)


def _revised(answer: ReviseAnswer, job: JobRow) -> None:
    match answer:
        case ReviseAnswer.REVISED | ReviseAnswer.CHANGED:
            return
        case ReviseAnswer.STARTED:
            raise JobNotRevisable(why_not(job.id))
        case ReviseAnswer.KEY_HELD:
            raise DuplicateJob(f"job {job.id} cannot be revised: another job has the unique key of these arguments")
        case ReviseAnswer.NOT_FOUND:
            raise lost(job.id)
        case _:
            assert_never(answer)


def _named(changes: Changes) -> list[str]:
    return [name for name, value in changes.items() if value is not None]


def _was(job: JobRow, **more: object) -> str:
    """For the note of an act: what it was, as it was seen just before."""
    said = {name: value for name, value in more.items() if value}
    return as_note({"name": job.name, "was": job.state.value, **said})


async def _clash(visit: Visit, job: JobRow, done: str) -> DuplicateJob:
    key = job.unique_key or ""
    holder = await visit.read(visit.reader.holder(key, app=visit.app)) if key else None
    whose = "another job" if holder is None else f"job {holder.id}, which is {holder.state.value}"
    msg = f"job {job.id} cannot be {done}: its unique key belongs to {whose}; wait for it, or cancel it"
    return DuplicateJob(msg, id=None if holder is None else holder.id, key=key)
