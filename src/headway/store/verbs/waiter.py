"""Jobs that wait for a batch, by its name: whether it has ended yet, and telling them when it does, in bounded steps."""

from __future__ import annotations

from collections.abc import Sequence

from headway.model.batch import BatchRow
from headway.model.claim import NewJob
from headway.model.job import State
from headway.store.verbs.family import Child, tell_child, tell_families
from headway.store.verbs.transaction import Transaction, as_json

Outcomes = dict[tuple[str, str], State | None]
"""How batches ended, by app and name; None for one that has not. One that nobody has created yet is no key."""


def outcomes(tx: Transaction, jobs: Sequence[NewJob]) -> Outcomes:
    """How the batches stand that these jobs are to wait for."""
    wanted = {(job.app, name) for job in jobs for name in job.after_batches}
    if not wanted:
        return {}
    rows = tx.rows("batch_outcomes", {"names": as_json(sorted(wanted))})
    return {(app, name): None if outcome is None else State(outcome) for app, name, outcome in rows}


def waits_again(tx: Transaction, job_id: int) -> tuple[list[str], list[State]]:
    """The batches that a job was told to wait for and that have not ended: it waits for them again. And how the others ended."""
    rows = tx.rows("awaited_batches", {"id": job_id})
    names = [name for name, _, outcome, _ in rows if outcome is None]
    if rows:
        tx.change("count_waits", {"id": job_id, "names": as_json(names)})
    return names, [State(outcome) for _, _, outcome, _ in rows if outcome is not None]


def tell_waiters(tx: Transaction, batch: BatchRow, limit: int) -> int:
    """Tell up to `limit` of those that wait for a batch that it has ended; the rest is remembered. Answers how many."""
    assert batch.outcome is not None
    where = {"app": batch.app, "name": batch.name}
    children = [Child(*row) for row in tx.rows("waiting_for_batch", {**where, "limit": limit})]
    if children:
        why = f"batch {batch.name!r} ended {batch.outcome}"
        ended = [child.id for child in children if tell_child(tx, child, batch.outcome, why) and child.has_dependants]
        tx.change("mark_waiters_told", {**where, "ids": as_json([child.id for child in children])})
        if ended:
            tell_families(tx, ended)
    tx.change("telling_batch", {"id": batch.id, "telling": len(children) == limit})
    return len(children)
