"""Unique keys: no two jobs hold one at a time, which the store's own index enforces.

A key is held from the enqueue until its job has ended, or for a span from the enqueue on, whatever becomes of the job.
A span is over by itself: whoever meets such a key frees it, and `tend` frees the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from headway.model.claim import NewJob
from headway.model.errors import DuplicateJob
from headway.model.job import State
from headway.store.values import Enqueued
from headway.store.verbs.transaction import Transaction, as_json

if TYPE_CHECKING:
    from headway.store.verbs.aftermath import Touched

Key = tuple[str, str]
"""The app, and the key in it."""


class Holder(msgspec.Struct, frozen=True, gc=False):
    """The job that holds a key."""

    id: int
    ref_id: str
    name: str
    state: State


def holders(tx: Transaction, jobs: Sequence[NewJob]) -> dict[Key, Holder]:
    """Who holds the keys that these jobs ask for."""
    return _holders(tx, [(job.app, job.unique_key) for job in jobs if job.unique_key is not None])


def holder(tx: Transaction, app: str, key: str) -> Holder | None:
    """Who holds this key."""
    return _holders(tx, [(app, key)]).get((app, key))


def _holders(tx: Transaction, keys: Sequence[Key]) -> dict[Key, Holder]:
    if not keys:
        return {}
    found: dict[Key, Holder] = {}
    over: list[int] = []
    for app, key, job_id, ref_id, name, state, lapsed in tx.rows(
        "key_holders", {"keys": as_json(keys), "now": tx.now_us}
    ):
        if lapsed:
            over.append(job_id)
        else:
            found[(app, key)] = Holder(job_id, ref_id, name, State(state))
    free(tx, over)
    return found


def rival(tx: Transaction, job_id: int) -> int | None:
    """The other job that holds the key which this one would hold, did it go again."""
    for other, lapsed in tx.rows("key_rivals", {"id": job_id, "now": tx.now_us}):
        if not lapsed:
            found: int = other
            return found
        free(tx, [other])
    return None


def free(tx: Transaction, ids: Sequence[int]) -> None:
    """Let others have the keys of these jobs."""
    if ids:
        tx.change("free_keys", {"ids": as_json(ids)})


def answer(job: NewJob, found: Holder, *, own: bool) -> Enqueued:
    """What is answered to a job whose key another one holds; DuplicateJob where that was asked for.

    `own`: the other one came with the same enqueue, and goes with it should this raise.
    """
    if job.duplicate_raises and found.ref_id != job.ref_id:
        whose = "two calls of this enqueue" if own else f"job {found.id} ({found.name}), which is {found.state}"
        advice = "leave out on_duplicate='raise' to be given the job that is there"
        msg = f"the unique key {job.unique_key!r} belongs to {whose}; {advice}"
        raise DuplicateJob(msg, id=None if own else found.id, key=job.unique_key)
    return Enqueued(
        id=found.id, ref_id=found.ref_id, state=found.state, existing=True, name=found.name, asked=job.ref_id
    )


def let_go(tx: Transaction, jobs: Sequence[Touched]) -> None:
    """Free the keys of those that have ended, unless they are held for a span."""
    free(tx, [job.id for job in jobs if job.unique_held and job.finished_us is not None and job.unique_until is None])


def end_spans(tx: Transaction, limit: int) -> int:
    """Free keys whose span is over; answers how many."""
    return tx.change("free_windows", {"now": tx.now_us, "limit": limit})
