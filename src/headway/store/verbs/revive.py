"""Dependants that ended without having run, because of how a parent ended, go back when that parent is let go again.

A parent is a job or a batch: a job that is let go opens the batches that it is in, and so those that waited for them go
back too. Iterative and in bounded steps, as they were cancelled: what a step leaves is remembered, and `tend` goes on with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from headway.model.condition import UNMET, Next, next_step, read_condition
from headway.model.job import State
from headway.store.verbs.aftermath import as_they_stand
from headway.store.verbs.archive import bring_back
from headway.store.verbs.batch import open_again
from headway.store.verbs.parents import ACT_ON
from headway.store.verbs.stand import put_back, waits_for_itself
from headway.store.verbs.transaction import Transaction
from headway.store.verbs.unique import rival

STEP_MAX: Final = 500
"""Dependants looked at in one transaction; the rest is remembered."""
_LEFT_OUT: Final = frozenset({(State.CANCELLED, ACT_ON), (State.SKIPPED, UNMET)})
"""How those stand that never ran because of a parent, and their codes."""


class _Left(msgspec.Struct, frozen=True, gc=False):
    """A job, or a batch, whose dependants are still to be looked at, from one on."""

    parent: int
    is_batch: int
    after: int
    by: str | None

    @property
    def words(self) -> str:
        """What it is, for people."""
        return f"{'batch' if self.is_batch else 'job'} {self.parent}"


class _Dependant(msgspec.Struct, frozen=True, gc=False):
    """One of them, as it stands now."""

    id: int
    epoch: int
    due_us: int
    created_us: int
    archived: int
    has_dependants: int
    batch: int | None
    state: State
    code: str | None
    condition: str | None


def revive(tx: Transaction, parent: int, batch: int | None, by: str | None) -> int:
    """Put back what did not run because of this job, and because of that, and so on; answers how many at once."""
    return _revive(tx, list(_parents(tx, parent, batch, by)), STEP_MAX)


def go_on(tx: Transaction, limit: int) -> int:
    """Put back what earlier transactions left."""
    left = [_Left(*row) for row in tx.rows("revivals", {"limit": limit})]
    return _revive(tx, left, min(limit, STEP_MAX)) if left else 0


def _revive(tx: Transaction, todo: list[_Left], budget: int) -> int:
    revived = 0
    while todo and budget > 0:
        left = todo.pop()
        values = {"parent_id": left.parent, "after_id": left.after, "limit": budget}
        children = [_Dependant(*row) for row in tx.rows("waited_for_batch" if left.is_batch else "dependants", values)]
        if len(children) == budget:
            todo.append(_Left(left.parent, left.is_batch, children[-1].id, left.by))
        else:
            tx.change("forget_revival", {"parent_id": left.parent, "is_batch": left.is_batch})
        budget -= len(children)
        for child in children:
            if (child.state, child.code) in _LEFT_OUT and _may_go(tx, child) and _put_back(tx, child, left):
                revived += 1
                if child.has_dependants or child.batch is not None:
                    todo += _parents(tx, child.id, child.batch, left.by)
    for left in todo:
        where = {"parent_id": left.parent, "is_batch": left.is_batch}
        tx.change("remember_revival", {**where, "after_id": left.after, "actor": left.by})
    return revived


def _parents(tx: Transaction, job_id: int, batch: int | None, by: str | None) -> Iterator[_Left]:
    """The job, and the batches that it has opened."""
    yield _Left(job_id, 0, 0, by)
    for job in as_they_stand(tx, [job_id]) if batch is not None else ():
        for opened in open_again(tx, job):
            yield _Left(opened, 1, 0, by)


def _may_go(tx: Transaction, child: _Dependant) -> bool:
    """Whether it would wait or run, were it judged by how all that it depends on stands now."""
    ended = {State(row[0]) for row in tx.rows("ended_parents", {"id": child.id})}
    still_open = len(tx.rows("open_parents", {"id": child.id}))
    for _, _, outcome, _ in tx.rows("awaited_batches", {"id": child.id}):
        if outcome is None:
            still_open += 1
        else:
            ended.add(State(outcome))
    return next_step(read_condition(child.condition), ended, still_open) in {Next.WAIT, Next.RUN}


def _put_back(tx: Transaction, child: _Dependant, left: _Left) -> bool:
    """False for one that cannot go again: its key belongs to another job, it would wait for its own batch, or its arguments are gone."""
    other = rival(tx, child.id)
    why = None if other is None else f"its unique key belongs to job {other}"
    if why is None and waits_for_itself(tx, child.id):
        why = "it would wait for its own batch for ever"
    if why is not None:
        note = f"not put back with {left.words}: {why}"
        tx.event(child.id, child.epoch, "not_revived", by=left.by, note=note)
        return False
    if child.archived and not bring_back(tx, child.id, child.created_us):
        return False
    put_back(tx, child.id, due_us=child.due_us, condition=child.condition)
    note = f"with {left.words}, was {child.state} ({child.code})"
    tx.event(child.id, child.epoch, "requeue", by=left.by, note=note)
    return True
