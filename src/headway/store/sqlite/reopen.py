"""Requeue of a job wherever it lies: an archived one is copied back first."""

from __future__ import annotations

from pathlib import Path

from headway.store.protocol import RequeueAnswer
from headway.store.sqlite import archive
from headway.store.sqlite.cancel import requeue
from headway.store.sqlite.find import find, job_row
from headway.store.sqlite.month import month_of
from headway.store.sqlite.prune import SUMMARY
from headway.store.sqlite.transaction import Transaction


def reopen(tx: Transaction, folder: Path, id_or_ref: int | str, by: str | None, app: str | None) -> RequeueAnswer:
    """Reopen a failed or cancelled job; BODY_GONE when nothing is left of it but its summary."""
    row = find(tx, id_or_ref, app)
    if row is not None and row[33] and row[5] in {"failed", "cancelled"}:
        gone = row[36] == SUMMARY or not archive.bring_back(tx, folder, row[0], row[7])
        if gone:
            return RequeueAnswer.BODY_GONE
    return requeue(tx, id_or_ref, by, app)


def why_gone(tx: Transaction, id_or_ref: int | str, app: str | None) -> str:
    """Where the arguments of a job went."""
    row = find(tx, id_or_ref, app)
    assert row is not None
    job = job_row(row)
    if row[36] == SUMMARY:
        return f"the arguments of job {job.id} were removed by retention (keep_bodies); enqueue it anew"
    return f"the body of job {job.id} was archived to {month_of(job.created_us)}, and that file is gone"
