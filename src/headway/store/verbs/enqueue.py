"""Insert jobs: all of a call or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, assert_never

import msgspec

from headway.model.claim import NewJob
from headway.model.condition import UNMET, Next, as_bits, next_step, read_condition, why_skipped
from headway.model.errors import DuplicateRefId
from headway.model.job import State
from headway.store.protocol import Enqueued
from headway.store.verbs.admit import count_existing
from headway.store.verbs.insert import Start, holds_key, insert, insert_one, insert_plain, is_plain
from headway.store.verbs.parents import ACT_ON, Parents
from headway.store.verbs.transaction import Transaction, as_json
from headway.store.verbs.unique import Holder, answer, holders
from headway.store.verbs.waiter import Outcomes, outcomes

_QUEUED: Final = State.QUEUED
_SCHEDULED: Final = State.SCHEDULED
"""Python 3.11 looks up an enum's member through a descriptor: a tenth of a microsecond each time."""


def enqueue(tx: Transaction, jobs: Sequence[NewJob]) -> list[Enqueued]:
    """Insert the jobs that are not there yet; answers in the order given."""
    if len(jobs) == 1 and not tx.careful and is_plain(jobs[0]):
        return [_enqueue_one(tx, jobs[0])]
    if not tx.careful and all(map(is_plain, jobs)):
        return _enqueue_plain(tx, jobs)
    known = _existing(tx, jobs)
    held = holders(tx, jobs)
    answers: list[Enqueued] = []
    fresh: list[tuple[int, NewJob, Start]] = []
    parents = Parents(tx, jobs)
    batches = outcomes(tx, jobs)
    first = job_id = tx.reserve(len(jobs))
    for job in jobs:
        key = (job.app, job.ref_id)
        before = known.get(key)
        if before is not None:
            _check_same(job, before[1])
            answers.append(before[0])
            continue
        unique = None if job.unique_key is None else (job.app, job.unique_key)
        if unique is not None and unique in held:
            answers.append(answer(job, held[unique], own=held[unique].id >= first))
            continue
        start = _start(tx, job, parents, batches)
        fresh.append((job_id, job, start))
        if key in parents.references:
            parents.came(*key, job_id, start)
        answers.append(Enqueued(id=job_id, ref_id=job.ref_id, state=start.state, existing=False))
        if unique is not None and holds_key(job, start):
            held[unique] = Holder(job_id, job.ref_id, job.name, start.state)
        if job.content is not None or tx.careful:
            again = Enqueued(id=job_id, ref_id=job.ref_id, state=start.state, existing=True)
            known[key] = (again, job.content)
        job_id += 1
    insert(tx, fresh)
    tx.give_back(job_id)
    tx.wake = tx.wake or bool(fresh)
    if len(fresh) < len(jobs):
        count_existing(tx, jobs, answers)
    return answers


def _enqueue_one(tx: Transaction, job: NewJob) -> Enqueued:
    """A call like most, alone in its transaction: two statements and no lists."""
    due_us = tx.now_us + job.delay_us if job.due_us is None else job.due_us
    state = State.SCHEDULED if due_us > tx.now_us else State.QUEUED
    job_id = insert_one(tx, job, state, due_us)
    tx.give_back(job_id + 1)
    tx.wake = True
    return Enqueued(id=job_id, ref_id=job.ref_id, state=state, existing=False)


def _enqueue_plain(tx: Transaction, jobs: Sequence[NewJob]) -> list[Enqueued]:
    """Many of those: nothing is looked up, each begins at once or at its moment."""
    job_id = first = tx.reserve(len(jobs))
    now_us = tx.now_us
    answers: list[Enqueued] = []
    states: list[tuple[State, int]] = []
    for job in jobs:
        due_us = now_us + job.delay_us if job.due_us is None else job.due_us
        state = _SCHEDULED if due_us > now_us else _QUEUED
        states.append((state, due_us))
        answers.append(Enqueued(id=job_id, ref_id=job.ref_id, state=state, existing=False))
        job_id += 1
    insert_plain(tx, first, jobs, states)
    tx.give_back(job_id)
    tx.wake = tx.wake or bool(jobs)
    return answers


def _existing(tx: Transaction, jobs: Sequence[NewJob]) -> dict[tuple[str, str], tuple[Enqueued, bytes | None]]:
    """The jobs that are stored already under these ref_ids; our own random ones are looked up only after a clash."""
    refs = [(job.app, job.ref_id) for job in jobs if job.content is not None or tx.careful]
    if not refs:
        return {}
    known: dict[tuple[str, str], tuple[Enqueued, bytes | None]] = {}
    for app, ref_id, job_id, state, content, _name in tx.rows("jobs_by_ref", {"refs": as_json(refs)}):
        known[(app, ref_id)] = (Enqueued(id=job_id, ref_id=ref_id, state=State(state), existing=True), content)
    return known


def _check_same(job: NewJob, content: bytes | None) -> None:
    if job.content != content:
        msg = f"ref_id {job.ref_id!r} belongs to another job already; use a new ref_id, or repeat the same call"
        raise DuplicateRefId(msg)


def _start(tx: Transaction, job: NewJob, parents: Parents, batches: Outcomes) -> Start:
    due_us = tx.now_us + job.delay_us if job.due_us is None else job.due_us
    soonest = State.SCHEDULED if due_us > tx.now_us else State.QUEUED
    if not (job.depends_on or job.after_batches):
        return Start(soonest, due_us)
    found = parents.of(job)
    ids, links = tuple(one.id for one in found), parents.links(job)
    left = tuple(one.id for one in found if not one.state.is_final)
    whys = [(one.state, one.why) for one in found if one.state.is_final]
    awaited: list[str] = []
    for name in dict.fromkeys(job.after_batches):
        outcome = batches.get((job.app, name))
        if outcome is None:
            awaited.append(name)
        else:
            whys.append((outcome, f"batch {name!r} ended {outcome}"))
    ended = {state for state, _ in whys}
    condition = read_condition(job.condition)
    bits = 0 if condition is None else as_bits(ended)
    step = next_step(condition, ended, len(left) + len(awaited))
    match step:
        case Next.RUN:
            return Start(soonest, due_us, parents=ids, outcomes=bits, links=links)
        case Next.WAIT:
            return Start(State.WAITING, due_us, left, tuple(awaited), parents=ids, outcomes=bits, links=links)
        case Next.SKIP:
            state, code, why = State.SKIPPED, UNMET, why_skipped(condition, ended)
        case Next.CANCEL:
            state, code = State.CANCELLED, ACT_ON
            why = next(text for outcome, text in whys if outcome is not State.COMPLETED)
        case _:
            assert_never(step)
    return Start(state, due_us, finished_us=tx.now_us, code=code, reason=why, parents=ids, outcomes=bits, links=links)


def enqueue_children(tx: Transaction, text: str, *, ended: int | None = None) -> None:
    """Insert the calls that an attempt left behind; a repeated one (same ref_id) is there already.

    `ended`: the job itself, which has ended well with this and lets its unique key go, so that one of them may take it.
    """
    jobs = msgspec.json.decode(text, type=list[NewJob])
    if jobs:
        if ended is not None:
            tx.change("give_back_key", {"id": ended})
        enqueue(tx, jobs)
