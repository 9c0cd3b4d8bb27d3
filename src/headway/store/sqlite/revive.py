"""Dependants that were cancelled because a parent ended badly go back when that parent is let go again.

Iterative and in bounded steps, as they were cancelled: what a step leaves is remembered, and `tend` goes on with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from headway.store.sqlite import archive
from headway.store.sqlite.stand import put_back, waits_for_itself
from headway.store.sqlite.transaction import Transaction
from headway.store.sqlite.unique import rival

STEP_MAX: Final = 500
"""Dependants looked at in one transaction; the rest is remembered."""


class _Left(msgspec.Struct, frozen=True, gc=False):
    """A job whose dependants are still to be looked at, from one on."""

    parent: int
    after: int
    by: str | None


class _Dependant(msgspec.Struct, frozen=True, gc=False):
    """One of them, as it stands now."""

    id: int
    epoch: int
    due_us: int
    created_us: int
    archived: int
    has_dependants: int
    revivable: int


def revive(tx: Transaction, folder: Path, parent: int, by: str | None) -> int:
    """Put back what was cancelled because of this job, and because of that, and so on; answers how many at once."""
    return _revive(tx, folder, [_Left(parent, 0, by)], STEP_MAX)


def go_on(tx: Transaction, folder: Path, limit: int) -> int:
    """Put back what earlier transactions left."""
    left = [_Left(*row) for row in tx.rows("revivals", {"limit": limit})]
    return _revive(tx, folder, left, min(limit, STEP_MAX)) if left else 0


def _revive(tx: Transaction, folder: Path, todo: list[_Left], budget: int) -> int:
    revived = 0
    while todo and budget > 0:
        left = todo.pop()
        values = {"parent_id": left.parent, "after_id": left.after, "limit": budget}
        children = [_Dependant(*row) for row in tx.rows("revivable", values)]
        if len(children) == budget:
            todo.append(_Left(left.parent, children[-1].id, left.by))
        else:
            tx.change("forget_revival", {"parent_id": left.parent})
        budget -= len(children)
        for child in children:
            if child.revivable and _put_back(tx, folder, child, left):
                revived += 1
                if child.has_dependants:
                    todo.append(_Left(child.id, 0, left.by))
    for left in todo:
        tx.change("remember_revival", {"parent_id": left.parent, "after_id": left.after, "actor": left.by})
    return revived


def _put_back(tx: Transaction, folder: Path, child: _Dependant, left: _Left) -> bool:
    """False for one that cannot go again: its key belongs to another job, it would wait for its own batch, or its arguments are gone."""
    other = rival(tx, child.id)
    why = None if other is None else f"its unique key belongs to job {other}"
    if why is None and waits_for_itself(tx, child.id):
        why = "it would wait for its own batch for ever"
    if why is not None:
        note = f"not put back with job {left.parent}: {why}"
        tx.event(child.id, child.epoch, "not_revived", by=left.by, note=note)
        return False
    if child.archived and not archive.bring_back(tx, folder, child.id, child.created_us):
        return False
    put_back(tx, child.id, due_us=child.due_us)
    tx.event(
        child.id, child.epoch, "requeue", by=left.by, note=f"with job {left.parent}, was cancelled (parent_failed)"
    )
    return True
