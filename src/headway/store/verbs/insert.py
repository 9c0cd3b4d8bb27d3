"""The rows of new jobs: most have nothing but what every job has, and those go in many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from headway.model.claim import NewJob
from headway.model.fact import searchable
from headway.model.job import State
from headway.model.line import IN_LINE
from headway.model.tie import LINED_UP, Tie
from headway.store.verbs.admit import admit
from headway.store.verbs.key_rate import terms
from headway.store.verbs.transaction import Transaction, as_json


class Start(msgspec.Struct, frozen=True, gc=False):
    """How a new job begins."""

    state: State
    due_us: int
    open_parents: tuple[int, ...] = ()
    open_batches: tuple[str, ...] = ()
    finished_us: int | None = None
    code: str | None = None
    reason: str | None = None
    parents: tuple[int, ...] = ()
    """The ids of all that it depends on."""
    outcomes: int = 0
    """How those of them ended that have, as bits of headway.model.condition; kept where there is a condition."""
    links: str | None = None
    """Its arguments that are results of them, by their ids."""


_RUNNABLE: Final = frozenset({State.QUEUED, State.SCHEDULED})

_FOLLOWED: Final = ~Tie.UNIQUE
"""What is to be looked after when a job is new: whether it holds its unique key is known."""

New = tuple[int, NewJob, Start]
"""A job's number, what was asked for, and how it begins."""


def insert(tx: Transaction, fresh: Sequence[New]) -> None:
    """Write the rows of these jobs, and everything that hangs on them."""
    rest = _insert_plain(tx, fresh)
    if not rest:
        return
    tx.sparse("insert_job", [_job_row(tx, *one) for one in rest])
    tx.sparse(
        "insert_body",
        [(id_, job.payload, job.options, job.extras, job.callback, start.links) for id_, job, start in rest],
    )
    facts = [(name, text, job_id) for job_id, job, _ in rest for name, text in searchable(job.extras)]
    if facts:
        tx.many("insert_fact", facts)
    tags = [(tag, job_id) for job_id, job, _ in rest for tag in job.tags]
    if tags:
        tx.many("insert_tag", tags)
    links = [
        (parent, job_id, start.state is State.WAITING and parent in start.open_parents)
        for job_id, job, start in rest
        for parent in start.parents
    ]
    if links:
        tx.many("insert_dependency", links)
        tx.change("mark_parents", {"ids": as_json([link[0] for link in links])})
    waits = [
        (job.app, name, job_id, start.state is State.WAITING and name in start.open_batches)
        for job_id, job, start in rest
        for name in job.after_batches
    ]
    if waits:
        tx.many("insert_waiter", waits)
    admit(tx, rest)  # last, when all that they wait for is written


def insert_one(tx: Transaction, job: NewJob, state: State, due_us: int) -> int:
    """Write one plain job under the next number; answers the number."""
    values = (job.app, job.ref_id, job.name, job.queue, str(state), job.priority, due_us, tx.now_us, job.retries)
    return tx.insert_whole(values, job.payload)


def insert_plain(tx: Transaction, first: int, jobs: Sequence[NewJob], begin: Sequence[tuple[State, int]]) -> None:
    """Write many plain jobs under the numbers from `first` on; each begins in a state, at a due moment."""
    rows: list[object] = []
    bodies: list[object] = []
    job_id = first
    for job, (state, due_us) in zip(jobs, begin, strict=True):
        rows += _plain_row(tx, job_id, job, state, due_us)
        bodies += (job_id, job.payload)
        job_id += 1
    tx.blocks("insert_plain_job", rows)
    tx.blocks("insert_plain_body", bodies)


def _insert_plain(tx: Transaction, fresh: Sequence[New]) -> list[New]:
    """Write those that are plain; answers the others."""
    jobs: list[object] = []
    bodies: list[object] = []
    rest: list[New] = []
    for one in fresh:
        job_id, job, start = one
        if start.state in _RUNNABLE and is_plain(job):
            jobs += _plain_row(tx, job_id, job, start.state, start.due_us)
            bodies += (job_id, job.payload)
        else:
            rest.append(one)
    if jobs:
        tx.blocks("insert_plain_job", jobs)
        tx.blocks("insert_plain_body", bodies)
    return rest


def is_plain(job: NewJob) -> bool:
    """Nothing but what every job has."""
    return (
        job.content is None
        and job.options is None
        and job.extras is None
        and job.expires_us is None
        and not job.interrupt_fails
        and not job.tags
        and not job.depends_on
        and job.created_by is None
        and job.user_id is None
        and job.tenant is None
        and job.batch_id is None
        and job.reply_to is None
        and job.parent_id is None
        and job.replay_of is None
        and not job.after_batches
        and job.lane is None
        and job.key is None
        and job.unique_key is None
        and job.batch is None
        and job.condition is None
        and job.callback is None
        and job.callback_of is None
        and job.links is None
        and not job.tied
        and not job.recurring
    )


def holds_key(job: NewJob, start: Start) -> bool:
    """Whether its unique key, if it has one, is its own from the beginning: a job that ends as it is stored holds none, but for a span."""
    return job.unique_for_us is not None or not start.state.is_final


def _plain_row(tx: Transaction, job_id: int, job: NewJob, state: State, due_us: int) -> tuple[object, ...]:
    return (job_id, job.app, job.ref_id, job.name, job.queue, state.value, job.priority, due_us, tx.now_us, job.retries)


def _job_row(tx: Transaction, job_id: int, job: NewJob, start: Start) -> tuple[object, ...]:
    ties = job.ties
    if ties & _FOLLOWED:
        tx.touched.add(job_id)
    return (
        *_plain_row(tx, job_id, job, start.state, start.due_us),
        start.finished_us,
        job.expires_us,
        len(start.open_parents) + len(start.open_batches),
        job.interrupt_fails,
        start.code,
        start.reason,
        as_json(job.tags) if job.tags else None,
        job.created_by,
        job.user_id,
        job.batch_id,
        job.reply_to,
        job.parent_id,
        as_json(start.parents) if start.parents else None,
        job.content,
        ties,
        IN_LINE if ties & LINED_UP and start.state is State.QUEUED else None,
        job.lane,
        job.key,
        terms(tx, job.key_limit, job.key_rate) if job.key is not None else None,
        job.unique_key,
        job.unique_key if holds_key(job, start) else None,
        None if job.unique_for_us is None else tx.now_us + job.unique_for_us,
        job.batch,
        job.condition,
        job.callback_of,
        job.replay_of,
        start.outcomes,
        job.tenant,
    )
