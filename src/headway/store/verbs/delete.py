"""Deleting a job by a person's word: as a purge does it, whatever its age, and also before it has begun."""

from __future__ import annotations

from headway.model.job import JobRow, State
from headway.store.values import DeleteAnswer
from headway.store.verbs.aftermath import follow
from headway.store.verbs.archive import forget
from headway.store.verbs.cancel import cancel
from headway.store.verbs.family import STEP_MAX
from headway.store.verbs.find import find, job_row
from headway.store.verbs.transaction import Transaction


def delete(tx: Transaction, id_or_ref: int | str, by: str | None, app: str | None) -> DeleteAnswer:
    """Cancel it if it has not begun, let everything follow from that, then forget it."""
    found = find(tx, id_or_ref, app)
    if found is None:
        return DeleteAnswer.NOT_FOUND
    job = job_row(found)
    if job.state in {State.RUNNING, State.EXECUTED}:
        return DeleteAnswer.RUNNING
    if _is_needed(tx, job):
        return DeleteAnswer.NEEDED
    if not job.state.is_final:
        cancel(tx, job.id, by, None)
    follow(tx)  # batches count it, and schedules note how it ended, by its row
    forget(tx, [(job.id, job.created_us)])
    return DeleteAnswer.DELETED


def _is_needed(tx: Transaction, job: JobRow) -> bool:
    """Whether jobs that have not ended would lose what they wait for, or may still look at.

    Dependants of a job that has not ended are cancelled with it, unless they ask how it ended, or are too many for a step.
    """
    dependants = tx.rows("unended_dependants", {"id": job.id, "limit": STEP_MAX})
    if not job.state.is_final:
        return len(dependants) == STEP_MAX or not all(row[0] for row in dependants)
    return bool(dependants) or bool(tx.rows("revival_of", {"id": job.id}))
