"""What follows when jobs with ties come or change their state: callbacks, batches, unique keys, ticks of schedules, lines; in the same transaction.

Every verb that changes a state says so with `Transaction.touch`; this runs before the commit, and before a claim in the
same transaction, until nothing follows any more. It looks at the jobs as they are now, so it does not matter how often
or by which way they changed.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from headway.model.job import State
from headway.model.tie import LINED_UP
from headway.store.verbs.batch import count_members
from headway.store.verbs.callback import follow_callbacks
from headway.store.verbs.line import open_lines
from headway.store.verbs.links import fill_links
from headway.store.verbs.tick import follow_ticks
from headway.store.verbs.transaction import Transaction, as_json
from headway.store.verbs.unique import let_go


class Touched(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A job with ties, as it stands now."""

    id: int
    app: str
    state: State
    ties: int
    blocked: str | None
    finished_us: int | None
    lane: str | None
    key: str | None
    unique_held: str | None
    unique_until: int | None
    batch: int | None
    batched: str | None
    """The state under which its batch counts it."""
    callback_of: int | None
    code: str | None
    reason: str | None
    front: int | None
    """1 while it is at the front of the lines it stands in."""

    @property
    def is_in_front(self) -> bool:
        """Whether it should be."""
        return self.state is State.RUNNING or (self.state is State.QUEUED and self.blocked is None)


_decode = msgspec.json.Decoder(list[Touched]).decode


def as_they_stand(tx: Transaction, ids: Sequence[int]) -> list[Touched]:
    """Those of these jobs that have ties."""
    row = tx.row("touched_jobs", {"ids": as_json(ids)})
    return [] if row is None else _decode(row[0])


def follow(tx: Transaction) -> None:
    """Do everything that follows from what this transaction has changed so far."""
    while tx.touched or tx.lanes or tx.keys or tx.completed:
        ids, tx.touched = sorted(tx.touched), set()
        jobs = as_they_stand(tx, ids) if ids else []
        if jobs:
            follow_callbacks(tx, jobs)
            fill_links(tx, jobs)
        count_members(tx, jobs)
        if jobs:
            let_go(tx, jobs)
            follow_ticks(tx, jobs)
        _mark_fronts(tx, jobs)
        open_lines(tx, jobs)


def _mark_fronts(tx: Transaction, jobs: list[Touched]) -> None:
    changed = [job.id for job in jobs if job.ties & LINED_UP and job.is_in_front != bool(job.front)]
    if changed:
        tx.change("mark_front", {"ids": as_json(changed)})
