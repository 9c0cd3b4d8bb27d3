"""Putting a job that ended badly back among those that wait, as it stands now."""

from __future__ import annotations

from typing import Final

from headway.model.condition import Condition, as_bits
from headway.model.job import State
from headway.store.verbs.months import leave
from headway.store.verbs.transaction import Transaction, as_json
from headway.store.verbs.waiter import waits_again

_ASKS_NOBODY: Final = frozenset({None, Condition.SUCCESS.value})
"""Who waits for success is not held by parents that failed: a person has decided."""


def waits_for_itself(tx: Transaction, job_id: int) -> bool:
    """Whether the job would wait for ever, did it go again: for the end of its own batch, over however many jobs and batches."""
    row = tx.row("member_waits", {"id": job_id})
    if row is None:
        return False
    batch, app, parents, names = row
    return bool(tx.rows("needs_batch", {"jobs": parents, "names": names, "app": app, "batch": batch}))


def put_back(tx: Transaction, job_id: int, *, suspect: int = 0, due_us: int, condition: str | None = None) -> State:
    """Let it go again: it waits for those of its parents that have not ended, and for its due moment. Its unique key is free."""
    open_parents = [row[0] for row in tx.rows("open_parents", {"id": job_id})]
    bits = (
        0 if condition in _ASKS_NOBODY else as_bits(State(row[0]) for row in tx.rows("ended_parents", {"id": job_id}))
    )
    tx.change("count_parents", {"id": job_id, "parents": as_json(open_parents)})
    open_batches, ended = waits_again(tx, job_id)
    if condition not in _ASKS_NOBODY:
        bits |= as_bits(ended)
    waits = len(open_parents) + len(open_batches)
    state = State.WAITING if waits else State.SCHEDULED if due_us > tx.now_us else State.QUEUED
    values = {
        "id": job_id,
        "due_at": due_us,
        "state": state.value,
        "suspect": suspect,
        "parents_left": waits,
        "outcomes": bits,
    }
    leave(tx, [job_id])
    tx.change("requeue_job", values)
    tx.touch([job_id])
    tx.wake = True
    return state
