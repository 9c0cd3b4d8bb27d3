"""Cancel: what people and programs do to a job that is not to be."""

from __future__ import annotations

from headway.model.job import State
from headway.store.presence import Bystander
from headway.store.protocol import CancelAnswer
from headway.store.verbs.callback import open_callback
from headway.store.verbs.family import tell_families
from headway.store.verbs.find import find, job_row
from headway.store.verbs.transaction import Transaction, as_json


def cancel(tx: Transaction, id_or_ref: int | str, by: str | None, app: str | None) -> CancelAnswer:
    """Cancel at once what has not started; ask for the end of what runs."""
    found = find(tx, id_or_ref, app)
    if found is None:
        return CancelAnswer.NOT_FOUND
    job = job_row(found)
    if job.state.is_final:
        return CancelAnswer.FINAL
    if job.state is State.EXECUTED:
        # It has returned: what can still be stopped is its callback, and it fails with that.
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
