"""Jobs that wait for a batch, by its name: whether it has ended yet, and telling them when it does, in bounded steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headway.model.batch import BatchRow
from headway.model.claim import NewJob
from headway.model.job import State
from headway.store.presence import Bystander
from headway.store.sqlite.family import tell_families
from headway.store.sqlite.transaction import Transaction, as_json

Outcomes = dict[tuple[str, str], State | None]
"""How batches ended, by app and name; None for one that has not. One that nobody has created yet is no key."""


def outcomes(tx: Transaction, jobs: Sequence[NewJob]) -> Outcomes:
    """How the batches stand that these jobs are to wait for."""
    wanted = {(job.app, name) for job in jobs for name in job.after_batches}
    if not wanted:
        return {}
    rows = tx.rows("batch_outcomes", {"names": as_json(sorted(wanted))})
    return {(app, name): None if outcome is None else State(outcome) for app, name, outcome in rows}


def open_waits(tx: Transaction, job_id: int) -> list[str]:
    """The batches that a job was told to wait for and that have not ended: it counts them again and waits for them."""
    rows = tx.rows("awaited_batches", {"id": job_id})
    names = [name for name, _, outcome, _ in rows if outcome is None]
    if rows:
        tx.change("count_waits", {"id": job_id, "names": as_json(names)})
    return names


def tell_waiters(tx: Transaction, batch: BatchRow, limit: int) -> int:
    """Tell up to `limit` of those that wait for a batch that it has ended; the rest is remembered. Answers how many."""
    assert batch.outcome is not None
    where = {"app": batch.app, "name": batch.name}
    children = tx.rows("waiting_for_batch", {**where, "limit": limit})
    if children:
        tx.touched.update(child[0] for child in children if child[4])
        _tell(tx, children, batch.outcome, f"batch {batch.name!r} ended {batch.outcome}")
        tx.change("mark_waiters_told", {**where, "ids": as_json([child[0] for child in children])})
    tx.change("telling_batch", {"id": batch.id, "telling": len(children) == limit})
    return len(children)


def _tell(tx: Transaction, children: Sequence[tuple[Any, ...]], outcome: State, why: str) -> None:
    families: list[int] = []
    for child, parents_left, due_us, has_dependants, _ in children:
        if outcome is State.COMPLETED:
            _release(tx, child, max(0, parents_left - 1), due_us)
            continue
        tx.change("cancel_child", {"id": child, "now": tx.now_us, "reason": why})
        tx.ended.append(Bystander(child, was_running=False))
        if has_dependants:
            families.append(child)
    if families:
        tell_families(tx, families)


def _release(tx: Transaction, child: int, left: int, due_us: int) -> None:
    state = State.WAITING
    if left == 0:
        state = State.SCHEDULED if due_us > tx.now_us else State.QUEUED
        tx.wake = True
    tx.change("release_child", {"id": child, "parents_left": left, "state": state.value})
