"""The runs of schedules: jobs and their ticks, many in one go. Where that fails, each by itself: a bad one stops only itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

import msgspec

from headway.model.claim import NewJob
from headway.model.condition import Condition
from headway.model.errors import DuplicateJob, DuplicateRefId, HeadwayError
from headway.model.job import State
from headway.model.occurrence import job_of
from headway.model.overlap import OVERLAP, Arranged, OpenRun
from headway.model.schedule import Definition
from headway.store.scheduling import TickOutcome
from headway.store.values import Enqueued
from headway.store.verbs.enqueue import enqueue
from headway.store.verbs.insert import Start, insert
from headway.store.verbs.standing import why
from headway.store.verbs.tick import SCHEDULE_FACT
from headway.store.verbs.transaction import Transaction, as_json

DIGEST_BYTES: Final = 16
_FAULTS: Final[tuple[type[Exception], ...]] = (HeadwayError, msgspec.MsgspecError, ValueError, TypeError, OverflowError)
"""What can be wrong with a job, beside what the database refuses; what is wrong with the database is another matter."""


class Run(msgspec.Struct, frozen=True, gc=False):
    """One run to insert."""

    schedule_id: int
    name: str
    """Of the schedule."""
    instant_us: int
    job: NewJob
    skipped: str | None = None


class Written(msgspec.Struct):
    """What became of the runs, by schedule."""

    started: Counter[int] = msgspec.field(default_factory=Counter[int])
    skipped: Counter[int] = msgspec.field(default_factory=Counter[int])
    refused: set[int] = msgspec.field(default_factory=set[int])
    faulty: dict[int, str] = msgspec.field(default_factory=dict[int, str])
    ticks: list[tuple[object, ...]] = msgspec.field(default_factory=list[tuple[object, ...]])

    def add(self, other: Written) -> None:
        """What became of others."""
        self.started += other.started
        self.skipped += other.skipped
        self.refused |= other.refused
        self.ticks += other.ticks


def run_of(schedule_id: int, definition: Definition, arranged: Arranged) -> Run:
    """The job of an instant, with what tells it from a stranger's under its reference."""
    changes: dict[str, object] = {"content": content_of(schedule_id, arranged.instant_us)}
    if arranged.behind:
        changes |= {"depends_on": arranged.behind, "condition": Condition.FINISHED.value}
    if arranged.skipped is not None:  # what never runs keeps nobody from anything
        changes |= {"unique_key": None, "unique_for_us": None, "lane": None, "key": None, "batch": None}
    instant_us = arranged.instant_us
    return Run(schedule_id, definition.name, instant_us, job_of(definition, instant_us, **changes), arranged.skipped)


def content_of(schedule_id: int, instant_us: int) -> bytes:
    """The digest of a run; a schedule that was removed and made anew has another."""
    return blake2b(f"{schedule_id}:{instant_us}".encode(), digest_size=DIGEST_BYTES).digest()


def open_runs(tx: Transaction, ids: Sequence[int]) -> dict[int, list[OpenRun]]:
    """The runs of these schedules that have not ended, oldest first."""
    found: defaultdict[int, list[OpenRun]] = defaultdict(list)
    for schedule_id, job_id, ref_id, state in tx.rows("open_runs", {"ids": as_json(ids)}) if ids else ():
        found[schedule_id].append(OpenRun(job_id, ref_id, State(state)))
    return found


def insert_runs(tx: Transaction, runs: Sequence[Run]) -> Written:
    """Insert these jobs and their ticks, each schedule's in order."""
    written = Written()
    if not runs:
        return written
    try:
        with tx.savepoint():
            answers = _store(tx, runs)
    except _FAULTS + tx.refusals:
        _one_by_one(tx, runs, written)
    else:
        for run, answer in zip(runs, answers, strict=True):
            _note(tx, run, answer, written)
    tx.sparse("insert_tick", written.ticks)
    return written


def _store(tx: Transaction, runs: Sequence[Run]) -> list[Enqueued]:
    """All of them or none; answers in their order."""
    going = iter(enqueue(tx, [run.job for run in runs if run.skipped is None]))
    skipped = iter(_store_skipped(tx, [run for run in runs if run.skipped is not None]))
    answers = [next(going if run.skipped is None else skipped) for run in runs]
    tx.many(
        "insert_fact",
        [
            (SCHEDULE_FACT, run.name, answer.id)
            for run, answer in zip(runs, answers, strict=True)
            if not answer.existing
        ],
    )
    return answers


def _store_skipped(tx: Transaction, runs: Sequence[Run]) -> list[Enqueued]:
    """Jobs that have ended as they are stored."""
    if not runs:
        return []
    taken = tx.rows("jobs_by_ref", {"refs": as_json([(run.job.app, run.job.ref_id) for run in runs])})
    if taken:
        msg = f"ref_id {taken[0][1]!r} belongs to another job already"
        raise DuplicateRefId(msg)
    first = tx.reserve(len(runs))
    state, now = State.SKIPPED, tx.now_us
    fresh = [
        (first + place, run.job, Start(state, run.job.due_us or now, finished_us=now, code=OVERLAP, reason=run.skipped))
        for place, run in enumerate(runs)
    ]
    insert(tx, fresh)
    tx.give_back(first + len(fresh))
    return [Enqueued(id=job_id, ref_id=job.ref_id, state=state, existing=False) for job_id, job, _ in fresh]


def _one_by_one(tx: Transaction, runs: Sequence[Run], written: Written) -> None:
    """Each schedule by itself: one that is faulty has done nothing, and a run that is refused keeps no other from its turn."""
    by_schedule: defaultdict[int, list[Run]] = defaultdict(list)
    for run in runs:
        by_schedule[run.schedule_id].append(run)
    for schedule_id, own in by_schedule.items():
        trial = Written()
        try:
            with tx.savepoint():
                _each(tx, own, trial)
        except _FAULTS + tx.refusals as error:
            written.faulty[schedule_id] = why(error)
        else:
            written.add(trial)


def _each(tx: Transaction, runs: Sequence[Run], written: Written) -> None:
    instead: dict[int | str, tuple[int | str, ...]] = {}
    """For whom those wait that were to wait for a run that was refused."""
    for run in runs:
        behind = tuple(other for one in run.job.depends_on for other in instead.get(one, (one,)))
        job = msgspec.structs.replace(run.job, depends_on=behind, condition=run.job.condition if behind else None)
        try:
            with tx.savepoint():
                (answer,) = _store(tx, [msgspec.structs.replace(run, job=job)])
        except (DuplicateJob, DuplicateRefId) as error:
            _refuse(tx, run, str(error), written)
        else:
            _note(tx, run, answer, written)
            if not answer.existing:
                continue
        instead[run.job.ref_id] = behind


def _note(tx: Transaction, run: Run, answer: Enqueued, written: Written) -> None:
    """The tick of a run that was stored, or was there."""
    if answer.existing:
        what = f"the unique key {run.job.unique_key!r} belongs to" if answer.asked is not None else "it ran already, as"
        _refuse(tx, run, f"{what} job {answer.id}", written)
        return
    outcome, state, ended_us, code = TickOutcome.STARTED, None, None, None
    if run.skipped is not None:
        outcome, state, ended_us, code = TickOutcome.SKIPPED, State.SKIPPED.value, tx.now_us, OVERLAP
        written.skipped[run.schedule_id] += 1
    else:
        written.started[run.schedule_id] += 1
    written.ticks.append(
        _tick(tx, run, outcome, answer.id, ended_us=ended_us, state=state, code=code, error=run.skipped)
    )


def _refuse(tx: Transaction, run: Run, note: str, written: Written) -> None:
    written.refused.add(run.schedule_id)
    written.ticks.append(_tick(tx, run, TickOutcome.REFUSED, None, note=note))


def _tick(
    tx: Transaction,
    run: Run,
    outcome: TickOutcome,
    job_id: int | None,
    *,
    ended_us: int | None = None,
    state: str | None = None,
    code: str | None = None,
    error: str | None = None,
    note: str | None = None,
) -> tuple[object, ...]:
    fleeting = run.job.fleeting or None
    made = (run.schedule_id, run.instant_us, None, outcome.value, job_id, tx.now_us)
    return (*made, ended_us, state, code, error, fleeting, None, note)
