"""The outbox: calls that somebody's own transaction left in the store, which become jobs after its commit.

Whoever is there first takes a row and runs the ordinary enqueue in the same transaction: once and by the ordinary rules. What
these refuse has nobody left to be told, so it is stored as a job that has ended and says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from headway.model.claim import NewJob
from headway.model.job import State
from headway.store.operation import Operation
from headway.store.presence import Bystander
from headway.store.values import Enqueued
from headway.store.verbs.callback import REFUSED
from headway.store.verbs.enqueue import enqueue
from headway.store.verbs.insert import Start, insert
from headway.store.verbs.transaction import Transaction, as_json

NOT_ADMITTED: Final = "not_admitted"
"""The code of a job that was refused when the transaction that enqueued it had committed."""
DUPLICATE: Final = "duplicate"
"""The code of one whose unique key another job had by then."""
UNREADABLE: Final = "unreadable"
"""The name of a job that stands for a row which nobody can read."""
NOT_TAKEN: Final[tuple[type[Exception], ...]] = (*REFUSED, ValueError, TypeError, LookupError, OverflowError)
"""What says that a call cannot be a job, beside what the database refuses: a driver may stumble over a value, too."""
TEXT_KEPT_CHARS: Final = 10_000
REASON_CHARS_MAX: Final = 1_000

_decode = msgspec.json.Decoder(list[NewJob]).decode

Row = tuple[int, str, str, int]
"""Its number, the app, the calls as JSON, and when it was put there."""


def as_body(jobs: Sequence[NewJob]) -> str:
    """The calls of one enqueue, as a row keeps them."""
    return as_json(jobs)


def admit(tx: Transaction, limit: int) -> int:
    """Make jobs of the oldest rows; answers how many rows there were."""
    rows: list[Row] = sorted(tx.rows("take_outbox", {"limit": limit}))
    if not rows:
        return 0
    calls = [(row, _read(row)) for row in rows]
    every = [job for _, jobs in calls if not isinstance(jobs, Exception) for job in jobs]
    if len(rows) == 1 or not _admit_together(tx, calls, every):
        for row, jobs in calls:
            _admit_one(tx, row, jobs)
    tx.wake = True
    return len(rows)


def _read(row: Row) -> list[NewJob] | Exception:
    """The jobs of a row, each due as long after its call as was asked for."""
    put_us = row[3]
    try:
        jobs = _decode(row[2])
    except (msgspec.MsgspecError, UnicodeError) as error:
        return error
    return [replace(job, due_us=put_us + job.delay_us, delay_us=0) if job.delay_us else job for job in jobs]


def _admit_together(tx: Transaction, calls: Sequence[tuple[Row, Any]], every: Sequence[NewJob]) -> bool:
    """All of them with few statements, as nearly always; False when one of them has to be looked at by itself."""
    if any(isinstance(jobs, Exception) or _may_be_refused(jobs) for _, jobs in calls):
        return False
    try:
        with tx.savepoint():
            enqueue(tx, every)
    except NOT_TAKEN + tx.refusals:
        return False
    return True


def _may_be_refused(jobs: Sequence[NewJob]) -> bool:
    """Whether rules may be against it, or answer it with another job."""
    return any(job.content is not None or job.unique_key is not None or job.batch is not None for job in jobs)


def _admit_one(tx: Transaction, row: Row, jobs: list[NewJob] | Exception) -> None:
    if isinstance(jobs, Exception):
        _set_aside(tx, row, f"its row in the outbox cannot be read: {jobs}")
        return
    try:
        with tx.savepoint():
            answers = enqueue(tx, jobs)
            _note_duplicates(tx, row, jobs, answers)
    except NOT_TAKEN + tx.refusals as error:
        _refuse(tx, row, jobs, str(error))


def _note_duplicates(tx: Transaction, row: Row, jobs: Sequence[NewJob], answers: Sequence[Enqueued]) -> None:
    """Calls that were answered with a job which has their unique key: whoever asks for them is told which."""
    asked = {job.ref_id: job for job in jobs}
    twins = [(asked[one.asked], one) for one in answers if one.asked is not None and one.asked != one.ref_id]
    for job, answer in twins:
        why = f"job {answer.id} ({answer.name}) has its unique key {job.unique_key!r}"
        _store(tx, row, [job], Start(State.SKIPPED, tx.now_us, finished_us=tx.now_us, code=DUPLICATE, reason=_cut(why)))


def _refuse(tx: Transaction, row: Row, jobs: Sequence[NewJob], why: str) -> None:
    start = Start(State.FAILED, tx.now_us, finished_us=tx.now_us, code=NOT_ADMITTED, reason=_cut(why))
    try:
        with tx.savepoint():
            _store(tx, row, jobs, start)
    except NOT_TAKEN + tx.refusals as error:
        _set_aside(tx, row, f"{why}; nor could that be stored: {error}")


def _set_aside(tx: Transaction, row: Row, why: str) -> None:
    """One bare job in the place of what was there, so that somebody sees it and the rows behind it go on."""
    number, app, body, _ = row
    payload = as_json({"row": number, "text": body[:TEXT_KEPT_CHARS].replace("\0", "")})
    job = NewJob(ref_id=f"outbox-{number}", name=UNREADABLE, payload=payload, app=app)
    start = Start(State.FAILED, tx.now_us, finished_us=tx.now_us, code=NOT_ADMITTED, reason=_cut(why))
    _store(tx, row, [job], start)


def _store(tx: Transaction, row: Row, jobs: Sequence[NewJob], start: Start) -> None:
    """Insert them as ended: bare of what would tie them to others, each under its reference unless another job has that."""
    first = tx.reserve(len(jobs))
    taken = {found[1] for found in tx.rows("jobs_by_ref", {"refs": as_json([(job.app, job.ref_id) for job in jobs])})}
    fresh = [
        (first + place, _bare(job, f"{job.ref_id}-refused-{row[0]}" if job.ref_id in taken else job.ref_id), start)
        for place, job in enumerate(jobs)
    ]
    insert(tx, fresh)
    tx.give_back(first + len(fresh))
    tx.ended.extend(Bystander(job_id, was_running=False) for job_id, _, _ in fresh)


def _bare(job: NewJob, ref_id: str) -> NewJob:
    return replace(
        job, ref_id=ref_id, depends_on=(), after_batches=(), condition=None, batch=None, links=None, unique_for_us=None,
        content=job.content if ref_id == job.ref_id else None, parent_id=None, tied=False,
    )  # fmt: skip


def _cut(why: str) -> str:
    return why.replace("\0", "")[:REASON_CHARS_MAX]


class OutboxDesk:
    """The part of the store that `store/outbox.py` describes."""

    def admit(self, *, limit: int = 100) -> Operation[int]:
        """Make jobs of what was committed to the outbox."""
        return Operation("admit", lambda tx: admit(tx, limit))

    def unadmitted(self) -> Operation[int | None]:
        """Since when the oldest call waits in the outbox."""
        return Operation("unadmitted", lambda tx: next((row[0] for row in tx.rows("oldest_in_outbox")), None))

    def mark_of(self, job_id: int) -> Operation[str | None]:
        """Whether a job's own transaction said that it is done."""
        return Operation("mark_of", lambda tx: next((row[0] for row in tx.rows("mark_of", {"id": job_id})), None))
