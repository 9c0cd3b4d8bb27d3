"""Requeue of a job wherever it lies: an archived one is copied back first."""

from __future__ import annotations

from pathlib import Path

from headway.model.job import JobRow, State
from headway.store.protocol import RequeueAnswer
from headway.store.sqlite import archive
from headway.store.sqlite.find import find, job_row
from headway.store.sqlite.month import month_of
from headway.store.sqlite.prune import SUMMARY
from headway.store.sqlite.revive import revive
from headway.store.sqlite.stand import put_back
from headway.store.sqlite.transaction import Transaction
from headway.store.sqlite.unique import rival


def reopen(
    tx: Transaction, folder: Path, id_or_ref: int | str, by: str | None, app: str | None, *, revives: bool = False
) -> RequeueAnswer:
    """Reopen a failed or cancelled job with its whole budget; the epoch is untouched.

    Parents that have not ended are waited for; parents that ended badly are not asked again: a person has decided.
    BODY_GONE when nothing is left of it but its summary, KEY_HELD when its unique key belongs to another job by now.
    """
    row = find(tx, id_or_ref, app)
    if row is None:
        return RequeueAnswer.NOT_FOUND
    job = job_row(row)
    if job.state not in {State.FAILED, State.CANCELLED}:
        return RequeueAnswer.REFUSED
    if job.unique_key is not None and rival(tx, job.id) is not None:
        return RequeueAnswer.KEY_HELD
    if job.archived and (row[36] == SUMMARY or not archive.bring_back(tx, folder, job.id, job.created_us)):
        return RequeueAnswer.BODY_GONE
    _requeue(tx, job, by)
    if revives and row[34]:
        revive(tx, folder, job.id, by)
    return RequeueAnswer.REQUEUED


def _requeue(tx: Transaction, job: JobRow, by: str | None) -> None:
    put_back(tx, job.id, suspect=int(job.code == "poison"), due_us=tx.now_us)
    tx.event(job.id, job.epoch, "requeue", by=by, note=f"was {job.state}" + (f" ({job.code})" if job.code else ""))


def why_gone(tx: Transaction, id_or_ref: int | str, app: str | None) -> str:
    """Where the arguments of a job went."""
    row = find(tx, id_or_ref, app)
    assert row is not None
    job = job_row(row)
    if row[36] == SUMMARY:
        return f"the arguments of job {job.id} were removed by retention (keep_bodies); enqueue it anew"
    return f"the body of job {job.id} was archived to {month_of(job.created_us)}, and that file is gone"
