"""Batches: they count their jobs in the transaction that ends them, and fire their calls when all have ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from headway.model.batch import BatchRow, with_status
from headway.model.claim import NewJob
from headway.model.job import State
from headway.store.verbs.enqueue import enqueue
from headway.store.verbs.family import STEP_MAX
from headway.store.verbs.transaction import Row, Transaction, as_json
from headway.store.verbs.waiter import tell_waiters

if TYPE_CHECKING:
    from headway.store.verbs.aftermath import Touched

_NOBODY: Final[Mapping[str, int]] = MappingProxyType({"completed": 0, "failed": 0, "cancelled": 0, "skipped": 0})
"""How many jobs, or batches, changed to each end, less those that left it."""

_decode_call = msgspec.json.Decoder(NewJob).decode


def count_members(tx: Transaction, jobs: Sequence[Touched]) -> None:
    """Count these jobs under the states that they have now, and end their batches if nothing is left to wait for."""
    changed: list[int] = []
    completed, tx.completed = tx.completed, {}
    tallies = {batch: {**_NOBODY, "completed": count} for batch, count in completed.items()}
    for job in jobs:
        if job.batch is None:
            continue
        ended = job.state.value if job.state.is_final else None
        if ended == job.batched:
            continue
        changed.append(job.id)
        _count(tallies.setdefault(job.batch, dict(_NOBODY)), job.batched, ended)
    if changed:
        tx.change("mark_batched", {"ids": as_json(changed)})
    for batch, tally in tallies.items():
        tx.change("count_batch", {"id": batch, **tally})
    if tallies:
        end_batches(tx, tallies)


def _count(tally: dict[str, int], before: str | None, now: str | None) -> None:
    if before is not None:
        tally[before] -= 1
    if now is not None:
        tally[now] += 1


def end_batches(tx: Transaction, ids: Iterable[int]) -> None:
    """Write down how these batches ended (or that they have not, after all), and what follows, up to the outermost."""
    todo = list(ids)
    while todo:
        parts: dict[int, dict[str, int]] = {}
        for batch in read_batches(tx, todo):
            outcome = batch.judge()
            if outcome == batch.outcome:
                continue
            _turn(tx, batch, outcome)
            if batch.parent is not None:
                _count(parts.setdefault(batch.parent, dict(_NOBODY)), batch.outcome, outcome)
        for parent, tally in parts.items():
            tx.change("count_part", {"id": parent, **tally})
        todo = list(parts)


def open_again(tx: Transaction, job: Touched) -> list[int]:
    """Count a job that is let go again now, and not only before the commit; answers which of its batches have not ended then."""
    count_members(tx, [job])
    opened: list[int] = []
    above = job.batch
    while above is not None:
        found = read_batches(tx, [above])
        if not found or found[0].outcome is not None:
            break
        opened.append(above)
        above = found[0].parent
    return opened


def read_batches(tx: Transaction, ids: Sequence[int]) -> list[BatchRow]:
    """These batches, as they are now."""
    return [batch_row(row) for row in tx.rows("batches_by_id", {"ids": as_json(ids)})]


def batch_row(row: Row) -> BatchRow:
    """The columns as a value."""
    found = BatchRow(**dict(zip(BatchRow.__struct_fields__, row, strict=True)))
    return found if found.outcome is None else replace(found, outcome=State(found.outcome))


def _turn(tx: Transaction, batch: BatchRow, outcome: State | None) -> None:
    tx.change("end_batch", {"id": batch.id, "outcome": outcome, "now": tx.now_us})
    if outcome is None:
        return
    now = replace(batch, outcome=outcome, finished_us=batch.finished_us or tx.now_us)
    on_finish, on_success = tx.rows("batch_calls", {"id": batch.id})[0]
    finish_job = _fire(tx, now, on_finish, "finish")
    success_job = _fire(tx, now, on_success, "success") if outcome is State.COMPLETED else None
    if finish_job is not None or success_job is not None:
        tx.change("mark_fired", {"id": batch.id, "finish_job": finish_job, "success_job": success_job})
    tell_waiters(tx, now, STEP_MAX)


def _fire(tx: Transaction, batch: BatchRow, call: str | None, kind: str) -> int | None:
    """Insert the job that this call asks for; its number."""
    if call is None:
        return None
    job = _decode_call(call)
    ref_id = _free_ref(tx, job, f"batch-{batch.id}-{kind}")
    return enqueue(tx, [replace(job, ref_id=ref_id, extras=with_status(job.extras, batch))])[0].id


def _free_ref(tx: Transaction, job: NewJob, usual: str) -> str:
    """The caller's own reference or the usual one. If it is taken by something else, another: settling must not fail for it."""
    own = [job.ref_id] if job.content is not None else []
    for ref_id in (*own, usual):
        taken = tx.rows("jobs_by_ref", {"refs": as_json([(job.app, ref_id)])})
        if not taken or (job.content is not None and taken[0][4] == job.content):
            return ref_id
    return f"{usual}-{tx.now_us}"


def tell_on(tx: Transaction, limit: int) -> int:
    """Tell the waiters whom earlier transactions left."""
    rows = tx.rows("batches_to_tell", {"limit": limit})
    told = 0
    for batch in read_batches(tx, [row[0] for row in rows]) if rows else ():
        if told < limit:
            told += tell_waiters(tx, batch, limit - told)
    return told
