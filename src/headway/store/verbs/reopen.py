"""Requeue of a job wherever it lies: an archived one is copied back first."""

from __future__ import annotations

from typing import Final

from headway.model.callback import CALLBACK_FAILED
from headway.model.job import JobRow, State
from headway.store.protocol import RequeueAnswer
from headway.store.verbs.archive import bring_back
from headway.store.verbs.callback import back_to_executed, last_callback
from headway.store.verbs.find import find, job_row
from headway.store.verbs.prune import SUMMARY
from headway.store.verbs.record import month_of
from headway.store.verbs.revive import revive
from headway.store.verbs.stand import put_back, waits_for_itself
from headway.store.verbs.transaction import Row, Transaction
from headway.store.verbs.unique import rival

_REOPENED: Final = frozenset({State.FAILED, State.CANCELLED})


def reopen(
    tx: Transaction, id_or_ref: int | str, by: str | None, app: str | None, *, revives: bool = False
) -> RequeueAnswer:
    """Reopen a failed or cancelled job with its whole budget; the epoch is untouched.

    Parents that have not ended are waited for; parents that ended badly are not asked again: a person has decided.
    Of a job that failed with its callback only the callback runs again; reopening that callback is the same.
    BODY_GONE when nothing is left of it but its summary, KEY_HELD when its unique key belongs to another job by now,
    CYCLE for a member of a batch that would wait for that.
    """
    row = find(tx, id_or_ref, app)
    if row is None:
        return RequeueAnswer.NOT_FOUND
    job = job_row(row)
    if job.state not in _REOPENED:
        return RequeueAnswer.REFUSED
    if _is_key_held(tx, job):
        return RequeueAnswer.KEY_HELD
    if job.batch is not None and job.code != CALLBACK_FAILED and waits_for_itself(tx, job.id):
        return RequeueAnswer.CYCLE
    if not _is_back(tx, row):
        return RequeueAnswer.BODY_GONE
    _reopen_caller(tx, job, by, revives=revives)
    if job.code == CALLBACK_FAILED:
        back_to_executed(tx, job.id, job.epoch, by)
        callback = last_callback(tx, job.id)
        if callback is not None:  # where it is gone a new one follows
            reopen(tx, callback, by, None)
    else:
        put_back(tx, job.id, suspect=int(job.code == "poison"), due_us=tx.now_us, condition=job.condition)
        was = f"was {job.state}" + (f" ({job.code})" if job.code else "")
        tx.event(job.id, job.epoch, "requeue", by=by, note=was)
    if revives:
        revive(tx, job.id, job.batch, by)
    return RequeueAnswer.REQUEUED


def _is_key_held(tx: Transaction, job: JobRow) -> bool:
    """Whether another job has the unique key of this one, or of one that goes again with it because it is its callback."""
    while True:
        if job.unique_key is not None and rival(tx, job.id) is not None:
            return True
        row = _caller(tx, job)
        if row is None:
            return False
        job = job_row(row)


def _caller(tx: Transaction, callback: JobRow) -> Row | None:
    """The job that failed with this callback."""
    if callback.callback_of is None:
        return None
    row = find(tx, callback.callback_of, callback.app)
    if row is None or row[17] != CALLBACK_FAILED or last_callback(tx, row[0]) != callback.id:
        return None
    return row


def _reopen_caller(tx: Transaction, callback: JobRow, by: str | None, *, revives: bool) -> None:
    """The job that failed with this callback waits for it again, if anything but its summary is left of it."""
    row = _caller(tx, callback)
    if row is not None and _is_back(tx, row):
        back_to_executed(tx, row[0], row[12], by)
        caller = job_row(row)
        _reopen_caller(tx, caller, by, revives=revives)
        if revives:
            revive(tx, caller.id, caller.batch, by)


def _is_back(tx: Transaction, row: Row) -> bool:
    """Whether the job is whole in the main file, where it may have been brought now."""
    archived, pruned = row[33], row[36]
    return not archived or (pruned != SUMMARY and bring_back(tx, row[0], row[7]))


def why_gone(tx: Transaction, id_or_ref: int | str, app: str | None) -> str:
    """Where the arguments of a job went."""
    row = find(tx, id_or_ref, app)
    assert row is not None
    job = job_row(row)
    if row[36] == SUMMARY:
        return f"the arguments of job {job.id} were removed by retention (keep_bodies); enqueue it anew"
    return f"the body of job {job.id} was archived to {month_of(job.created_us)}, and that file is gone"
