"""Adding jobs to batches: whether a batch takes them, and that none of them waits for what waits for the batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from headway.model.batch import BatchRow
from headway.model.claim import NewJob
from headway.model.errors import BatchClosed, BatchCycle, BatchFull, BatchNotFound
from headway.model.job import State
from headway.store.values import Enqueued
from headway.store.verbs.transaction import Transaction, as_json

if TYPE_CHECKING:
    from headway.store.verbs.insert import New


def admit(tx: Transaction, fresh: Sequence[New]) -> None:
    """Count new jobs in as members of their batches; raises if a batch does not take them, and then nothing is stored."""
    members: defaultdict[int, list[New]] = defaultdict(list)
    for one in fresh:
        if one[1].batch is not None:
            members[one[1].batch].append(one)
    for batch_id, added in members.items():
        batch = batch_to_join(tx, batch_id, added[0][1].app)
        _check_room(batch, len(added))
        if batch.sealed_us is not None and not _are_children(tx, batch, added):
            raise BatchClosed(f"the batch {batch.name!r} is closed: nothing can be added any more")
        _check_cycle(tx, batch, added)
        tx.change("admit_members", {"id": batch_id, "jobs": len(added), "now": tx.now_us})


def count_existing(tx: Transaction, jobs: Sequence[NewJob], answers: Sequence[Enqueued]) -> None:
    """Calls for a batch that were answered with jobs that were there: an open batch waits for so many fewer.

    One that is repeated under its reference counts once; a reference of one of the batch's own jobs is such a repeat.
    """
    found = [
        (job, answer) for job, answer in zip(jobs, answers, strict=True) if answer.existing and job.batch is not None
    ]
    if not found:
        return
    own = set(tx.rows("batches_of", {"ids": as_json([answer.id for _, answer in found])}))
    calls: defaultdict[tuple[int, str], int] = defaultdict(int)
    for job, answer in found:
        assert job.batch is not None
        is_repeat = answer.asked is None and (answer.id, job.batch) in own
        if not is_repeat:
            calls[job.batch, job.app] += tx.change("insert_answer", {"batch": job.batch, "ref_id": job.ref_id})
    for (batch, app), count in calls.items():
        row = tx.row("count_answers", {"id": batch, "app": app, "calls": count, "now": tx.now_us})
        if row is not None and row[0]:
            tx.completed.setdefault(batch, 0)  # it may have ended with this


def batch_to_join(tx: Transaction, batch_id: int, app: str) -> BatchRow:
    """A batch that is there and was not cancelled."""
    from headway.store.verbs.batch import read_batches  # which enqueues, and so stands above

    found = read_batches(tx, [batch_id])
    if not found or found[0].app != app:
        raise BatchNotFound(f"there is no batch {batch_id} of the app {app!r}")
    batch = found[0]
    if batch.cancel_us is not None:
        by = f" by {batch.cancel_by}" if batch.cancel_by else ""
        raise BatchClosed(f"the batch {batch.name!r} was cancelled{by}: nothing can be added any more")
    return batch


def _check_room(batch: BatchRow, count: int) -> None:
    there = batch.jobs + batch.existing
    if batch.expected is not None and there + count > batch.expected:
        raise BatchFull(
            f"the batch {batch.name!r} has a total of {batch.expected} jobs, and {there} are there: {count} more do not fit"
        )


def _are_children(tx: Transaction, batch: BatchRow, added: Sequence[New]) -> bool:
    """Whether each comes from a member that is running now: until that ends, the batch cannot end either."""
    parents = {job.parent_id for _, job, _ in added}
    if None in parents:
        return False
    found = tx.rows("running_members", {"ids": as_json(list(parents)), "batch": batch.id})
    return bool(found[0][0] == len(parents))


def _check_cycle(tx: Transaction, batch: BatchRow, added: Sequence[New]) -> None:
    """Refuse a member that waits for its own batch, over however many jobs and batches."""
    waiting = [(job, start) for _, job, start in added if start.state is State.WAITING]
    named = {name for _, job, _ in added for name in job.after_batches}
    if not waiting and not named:
        return
    above = tx.rows("names_above", {"id": batch.id})
    if not named.isdisjoint(name for name, _ in above):
        raise _cycle(batch)  # also one that ends as it is stored: it could never go again
    if not waiting or not any(awaited for _, awaited in above):
        return  # nobody waits for this batch, nor for what it is a part of (new ones are in the tables already)
    values = {
        "jobs": as_json([parent for _, start in waiting for parent in start.open_parents]),
        "names": as_json([name for _, start in waiting for name in start.open_batches]),
        "app": batch.app,
        "batch": batch.id,
    }
    if tx.rows("needs_batch", values):
        raise _cycle(batch)


def _cycle(batch: BatchRow) -> BatchCycle:
    return BatchCycle(
        f"the batch {batch.name!r} would wait for itself: a job to add to it waits for what waits for the batch"
    )
