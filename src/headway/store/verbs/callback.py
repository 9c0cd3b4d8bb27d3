"""Callbacks: a job that has returned is executed; it completes when its callback has, and fails with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from headway.model.callback import CALLBACK_FAILED, NewCallback, read_callback
from headway.model.claim import NewJob
from headway.model.errors import HeadwayError
from headway.model.job import State
from headway.model.tie import Tie
from headway.store.presence import Bystander
from headway.store.verbs.enqueue import enqueue
from headway.store.verbs.family import tell_families
from headway.store.verbs.months import add_months, leaving
from headway.store.verbs.transaction import Transaction, as_json

if TYPE_CHECKING:
    from headway.store.verbs.aftermath import Touched

REFUSED: Final[tuple[type[Exception], ...]] = (HeadwayError, msgspec.MsgspecError)
"""What says that a call cannot be stored, beside what the database itself does not take."""


def follow_callbacks(tx: Transaction, jobs: Sequence[Touched]) -> None:
    """End the jobs whose callbacks have ended, and insert the callbacks of those that were executed."""
    for job in jobs:
        if job.ties & Tie.CALLBACK_OF and job.state.is_final:
            _end_with(tx, job)
    for job in jobs:
        if job.ties & Tie.CALLBACK and job.state is State.EXECUTED:
            _insert(tx, job)


def _end_with(tx: Transaction, callback: Touched) -> None:
    job_id = callback.callback_of
    assert job_id is not None  # it has the tie
    if callback.state is State.COMPLETED:
        _end(tx, job_id, State.COMPLETED)
        return
    why = "".join(f": {one}" for one in (callback.code, callback.reason) if one)
    _end(tx, job_id, State.FAILED, f"its callback, job {callback.id}, ended {callback.state}{why}")


def _end(tx: Transaction, job_id: int, state: State, reason: str | None = None) -> None:
    """Nothing for a job that is not executed: it was ended before, or is gone."""
    code = CALLBACK_FAILED if state is State.FAILED else None
    values = {"id": job_id, "state": state.value, "now": tx.now_us, "code": code, "reason": reason}
    rows = tx.rows("end_executed", values)
    if not rows:
        return
    tx.touched.add(job_id)
    tx.ended.append(Bystander(job_id, was_running=True))
    if rows[0][0]:
        tell_families(tx, [job_id])


def _insert(tx: Transaction, job: Touched) -> None:
    """Insert the callback; where it cannot be the job fails, and the settling does not."""
    row = tx.row("executed_body", {"id": job.id})
    if row is None:
        return
    epoch, text, result = row
    try:
        with tx.savepoint():
            enqueue(tx, [_new(tx, job, read_callback(text), epoch, result)])
    except REFUSED + tx.refusals as error:
        _end(tx, job.id, State.FAILED, f"its callback could not be enqueued: {error}")


def _new(tx: Transaction, job: Touched, callback: NewCallback, epoch: int, result: str | None) -> NewJob:
    """Under a reference that nobody has, whatever references people chose."""
    first = f"callback-{job.id}-{epoch}"
    ref_id, number = first, 2
    while tx.rows("jobs_by_ref", {"refs": as_json([(job.app, ref_id)])}):
        ref_id, number = f"{first}-{number}", number + 1
    return callback.with_result(ref_id, job.id, result)


def open_callback(tx: Transaction, job_id: int) -> int | None:
    """The callback that an executed job waits for."""
    row = tx.row("open_callback", {"id": job_id})
    return None if row is None else row[0]


def last_callback(tx: Transaction, job_id: int) -> int | None:
    """The latest callback of a job, if it is still stored."""
    row = tx.row("last_callback", {"id": job_id})
    return None if row is None else row[0]


def back_to_executed(tx: Transaction, job_id: int, epoch: int, by: str | None) -> bool:
    """Reopen a job whose callback did not complete: it waits for a callback again. False for any other job."""
    counted = leaving(tx, [job_id])
    if tx.change("reopen_executed", {"id": job_id}) != 1:
        return False
    add_months(tx, counted)
    tx.touched.add(job_id)
    tx.event(job_id, epoch, "requeue", by=by, note=f"was failed ({CALLBACK_FAILED}): only its callback runs again")
    return True
