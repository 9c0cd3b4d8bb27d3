"""Cancel and requeue: what people and programs do to a job that exists."""

from __future__ import annotations

from headway.model.condition import Condition, as_bits
from headway.model.job import JobRow, State
from headway.store.presence import Bystander
from headway.store.protocol import CancelAnswer, RequeueAnswer
from headway.store.sqlite.callback import open_callback
from headway.store.sqlite.family import tell_families
from headway.store.sqlite.find import find, job_row
from headway.store.sqlite.transaction import Transaction, as_json


def cancel(tx: Transaction, id_or_ref: int | str, by: str | None, app: str | None) -> CancelAnswer:
    """Cancel at once what has not started; ask for the end of what runs."""
    found = find(tx, id_or_ref, app)
    if found is None:
        return CancelAnswer.NOT_FOUND
    job = job_row(found)
    if job.state.is_final:
        return CancelAnswer.FINAL
    if (
        job.state is State.EXECUTED
    ):  # it has returned: what can still be stopped is its callback, and it fails with that
        callback = open_callback(tx, job.id)
        return CancelAnswer.FINAL if callback is None else cancel(tx, callback, by, app)
    if job.state is State.RUNNING:
        if job.cancel_us is not None:
            return CancelAnswer.ALREADY_REQUESTED
        tx.change("request_cancel", {"id": job.id, "now": tx.now_us, "by": by})
        tx.event(job.id, job.epoch, "cancel_requested", by=by)
        tx.wake = True
        return CancelAnswer.REQUESTED
    reason = f"cancelled by {by}" if by else "cancelled before it started"
    cancel_pending(tx, [job.id], code="cancelled", reason=reason, by=by)
    tx.event(job.id, job.epoch, "cancel", by=by)
    return CancelAnswer.CANCELLED


def cancel_pending(tx: Transaction, ids: list[int], *, code: str, reason: str, by: str | None = None) -> int:
    """Cancel jobs that have not started, and their dependants with them."""
    values = {
        "ids": as_json(ids),
        "now": tx.now_us,
        "code": code,
        "reason": reason,
        "cancel_at": tx.now_us if code == "cancelled" else None,
        "cancel_by": by,
    }
    count = tx.change("cancel_pending", values)
    tx.touch(ids)
    tx.ended += [Bystander(one, was_running=False) for one in ids]
    tell_families(tx, ids)
    return count


def requeue(tx: Transaction, id_or_ref: int | str, by: str | None, app: str | None) -> RequeueAnswer:
    """Reopen a failed or cancelled job with its whole budget; the epoch is untouched.

    Parents that have not ended are waited for; parents that ended badly are not asked again: a person has decided.
    The caller has brought an archived job's body back.
    """
    found = find(tx, id_or_ref, app)
    if found is None:
        return RequeueAnswer.NOT_FOUND
    job = job_row(found)
    if job.state not in {State.FAILED, State.CANCELLED}:
        return RequeueAnswer.REFUSED
    open_parents = [row[0] for row in tx.rows("open_parents", {"id": job.id})]
    outcomes = 0 if job.condition is None else _outcomes(tx, job)
    tx.change("count_parents", {"id": job.id, "parents": as_json(open_parents)})
    state = State.WAITING if open_parents else State.QUEUED
    values = {
        "id": job.id,
        "now": tx.now_us,
        "state": state.value,
        "suspect": int(job.code == "poison"),
        "parents_left": len(open_parents),
        "outcomes": outcomes,
    }
    tx.change("requeue_job", values)
    tx.touch([job.id])
    tx.event(job.id, job.epoch, "requeue", by=by, note=f"was {job.state}" + (f" ({job.code})" if job.code else ""))
    tx.wake = True
    return RequeueAnswer.REQUEUED


def _outcomes(tx: Transaction, job: JobRow) -> int:
    """How its parents ended that are not asked again. One that waits for success is not held by those that failed."""
    if job.condition == Condition.SUCCESS:
        return 0
    return as_bits(State(row[0]) for row in tx.rows("ended_parents", {"id": job.id}))
