"""Cancel and requeue: what people and programs do to a job that exists."""

from __future__ import annotations

from headway.model.job import State
from headway.store.presence import Bystander
from headway.store.protocol import CancelAnswer, RequeueAnswer
from headway.store.sqlite.family import tell_families
from headway.store.sqlite.find import find, job_row
from headway.store.sqlite.transaction import Transaction, as_json
from headway.store.sqlite.waiter import open_waits

_BAD = frozenset({State.FAILED.value, State.CANCELLED.value, State.SKIPPED.value})


def cancel(tx: Transaction, id_or_ref: int | str, by: str | None, app: str | None) -> CancelAnswer:
    """Cancel at once what has not started; ask for the end of what runs."""
    found = find(tx, id_or_ref, app)
    if found is None:
        return CancelAnswer.NOT_FOUND
    job = job_row(found)
    if job.state.is_final or job.state is State.EXECUTED:
        return CancelAnswer.FINAL
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
    tx.change("count_parents", {"id": job.id, "parents": as_json(open_parents)})
    waits = len(open_parents) + len(open_waits(tx, job.id))
    state = State.WAITING if waits else State.QUEUED
    values = {
        "id": job.id,
        "now": tx.now_us,
        "state": state.value,
        "suspect": int(job.code == "poison"),
        "parents_left": waits,
    }
    tx.change("requeue_job", values)
    tx.touch([job.id])
    tx.event(job.id, job.epoch, "requeue", by=by, note=f"was {job.state}" + (f" ({job.code})" if job.code else ""))
    tx.wake = True
    return RequeueAnswer.REQUEUED
