"""Adding jobs to batches: whether a batch takes them, and that none of them waits for what waits for the batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from headway.model.batch import BatchRow
from headway.model.errors import BatchClosed, BatchCycle, BatchFull, BatchNotFound
from headway.model.job import State
from headway.store.sqlite.transaction import Transaction, as_json

if TYPE_CHECKING:
    from headway.store.sqlite.insert import New


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


def batch_to_join(tx: Transaction, batch_id: int, app: str) -> BatchRow:
    """A batch that is there and was not cancelled."""
    from headway.store.sqlite.batch import read_batches  # which enqueues, and so stands above

    found = read_batches(tx, [batch_id])
    if not found or found[0].app != app:
        raise BatchNotFound(f"there is no batch {batch_id} of the app {app!r}")
    batch = found[0]
    if batch.cancel_us is not None:
        by = f" by {batch.cancel_by}" if batch.cancel_by else ""
        raise BatchClosed(f"the batch {batch.name!r} was cancelled{by}: nothing can be added any more")
    return batch


def _check_room(batch: BatchRow, count: int) -> None:
    if batch.expected is not None and batch.jobs + count > batch.expected:
        raise BatchFull(
            f"the batch {batch.name!r} has a total of {batch.expected} jobs, and {batch.jobs} are there: {count} more do not fit"
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
