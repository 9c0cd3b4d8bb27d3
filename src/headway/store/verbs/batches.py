"""The verbs about whole batches: create, seal, cancel."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from headway.model.claim import NewJob
from headway.model.errors import BatchClosed, BatchExists
from headway.model.job import PENDING, State
from headway.store.batching import BatchCancelled, Created, NewBatch
from headway.store.operation import Operation
from headway.store.protocol import CancelAnswer
from headway.store.verbs.admit import batch_to_join
from headway.store.verbs.batch import end_batches, read_batches
from headway.store.verbs.cancel import cancel_pending
from headway.store.verbs.enqueue import enqueue
from headway.store.verbs.transaction import Row, Transaction


def create(tx: Transaction, batch: NewBatch, jobs: Sequence[NewJob], *, sealed: bool) -> Created:
    """Create it with these jobs in it."""
    if tx.row("batch_by_name", {"app": batch.app, "name": batch.name}) is not None:
        raise BatchExists(
            f"the app {batch.app!r} has a batch {batch.name!r} already; give another name, or add to that one"
        )
    if batch.parent is not None:
        parent = batch_to_join(tx, batch.parent, batch.app)
        if parent.sealed_us is not None:
            raise BatchClosed(f"the batch {parent.name!r} is closed: no batch can become a part of it any more")
        tx.change("count_nested", {"id": parent.id})
    values = {
        "app": batch.app,
        "name": batch.name,
        "parent": batch.parent,
        "expected": batch.expected,
        "now": tx.now_us,
        "created_by": batch.created_by,
        "on_finish": _as_text(batch.on_finish),
        "on_success": _as_text(batch.on_success),
        "tenant": batch.tenant,
    }
    batch_id = tx.insert("insert_batch", values)
    answers = enqueue(tx, [_member(job, batch_id, batch.tenant) for job in jobs]) if jobs else []
    if sealed or batch.expected == 0:
        seal(tx, batch_id)
    return Created(id=batch_id, jobs=tuple(answers))


def _member(job: NewJob, batch_id: int, tenant: str | None) -> NewJob:
    return replace(job, batch=batch_id, tenant=tenant if job.tenant is None else job.tenant)


def _as_text(call: NewJob | None) -> str | None:
    return None if call is None else msgspec.json.encode(call).decode()


def seal(tx: Transaction, batch_id: int) -> bool:
    """No more jobs will come; if all have ended, this is the end."""
    changed = tx.change("seal_batch", {"id": batch_id, "now": tx.now_us}) == 1
    if changed:
        end_batches(tx, [batch_id])
    return changed


def cancel_batch(tx: Transaction, batch_id: int, by: str | None, limit: int) -> BatchCancelled:
    """Cancel it and all in it: a step of that."""
    found = read_batches(tx, [batch_id])
    if not found:
        return BatchCancelled(answer=CancelAnswer.NOT_FOUND, jobs=0, more=False)
    if found[0].outcome is not None:
        return BatchCancelled(answer=CancelAnswer.FINAL, jobs=0, more=False)
    marked = [row[0] for row in tx.rows("cancel_batches", {"id": batch_id, "now": tx.now_us, "by": by})]
    jobs, more = _cancel_members(tx, tx.rows("cancelling_in", {"id": batch_id}), limit)
    end_batches(tx, marked)  # those without a job, and those whose jobs have ended
    answer = CancelAnswer.REQUESTED if found[0].cancel_us is None else CancelAnswer.ALREADY_REQUESTED
    return BatchCancelled(answer=answer, jobs=jobs, more=more)


def cancel_on(tx: Transaction, limit: int) -> int:
    """Cancel what earlier transactions left."""
    return _cancel_members(tx, tx.rows("batches_to_cancel", {"limit": limit}), limit)[0]


def _cancel_members(tx: Transaction, batches: Sequence[Row], limit: int) -> tuple[int, bool]:
    """Cancel members of these batches, looking at no more than `limit`; answers how many, and whether there are more."""
    cancelled = looked = 0
    for batch_id, name, first, by in batches:
        if looked >= limit:
            return cancelled, True
        room = limit - looked
        members = tx.rows("members_from", {"batch": batch_id, "next": first, "limit": room})
        looked += len(members)
        cancelled += _cancel(tx, members, f"its batch {name!r} was cancelled" + (f" by {by}" if by else ""), by)
        left = members[-1][0] + 1 if len(members) == room else None
        tx.change("cancel_from", {"id": batch_id, "next": left})
        if left is not None:
            return cancelled, True
    return cancelled, False


def _cancel(tx: Transaction, members: Sequence[Row], reason: str, by: str | None) -> int:
    pending: list[int] = []
    running: list[int] = []
    for job_id, state, epoch, cancel_at in members:
        if state in PENDING:
            pending.append(job_id)
            tx.event(job_id, epoch, "cancel", by=by, note=reason)
        elif state == State.RUNNING and cancel_at is None:
            running.append(job_id)
            tx.event(job_id, epoch, "cancel_requested", by=by, note=reason)
    if pending:
        cancel_pending(tx, pending, code="cancelled", reason=reason, by=by)
    for job_id in running:
        tx.change("request_cancel", {"id": job_id, "now": tx.now_us, "by": by})
        tx.wake = True
    return len(pending) + len(running)


class BatchDesk:
    """The part of the store that makes operations of them."""

    def create_batch(self, batch: NewBatch, jobs: Sequence[NewJob] = (), *, sealed: bool = False) -> Operation[Created]:
        """Create a batch with jobs in it."""
        return Operation("create_batch", lambda tx: create(tx, batch, jobs, sealed=sealed))

    def seal_batch(self, batch_id: int) -> Operation[bool]:
        """No more jobs will come."""
        return Operation("seal_batch", lambda tx: seal(tx, batch_id))

    def cancel_batch(self, batch_id: int, *, by: str | None = None, limit: int = 1000) -> Operation[BatchCancelled]:
        """Cancel it and all in it, in steps."""
        return Operation("cancel_batch", lambda tx: cancel_batch(tx, batch_id, by, limit))
