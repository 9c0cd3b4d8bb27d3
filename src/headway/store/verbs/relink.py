"""Changing which arguments of a waiting job are results of others, and with that what it waits for.

Everything is checked before anything is written; what cannot be raises, and the job stays as it is.
"""

from __future__ import annotations

import msgspec

from headway.model.condition import Next, as_bits, from_bits, next_step, read_condition, why_skipped
from headway.model.errors import JobNotFound, JobNotRevisable
from headway.model.job import JobRow, State
from headway.model.link import as_links, loose, stored_parents
from headway.store.presence import Bystander
from headway.store.revision import Revision
from headway.store.verbs.family import tell_families
from headway.store.verbs.transaction import Transaction, as_json


class Relinked(msgspec.Struct, frozen=True, kw_only=True):
    """The links that a job is to have, and what follows for its dependencies."""

    links: str | None
    parents: tuple[int, ...]
    """All that it depended on so far."""
    opened: tuple[int, ...]
    """Jobs that it is to wait for; it may do so already."""
    completed: tuple[int, ...]
    """Jobs whose results it is to be given, and that have completed."""
    dropped: tuple[int, ...]
    """Jobs that it waited for because of links alone, which are gone."""


def relinked(tx: Transaction, job: JobRow, parents: tuple[int, ...], change: Revision) -> Relinked:
    """What the new links come to; JobNotFound, or JobNotRevisable where a result can never be there."""
    old, new = stored_parents(change.old_links), stored_parents(change.links)
    alone = loose(change.old_links)
    fresh = {name: parent for name, parent in new.items() if old.get(name) != parent}
    states = _states(tx, job, fresh)
    open_ones = tuple(parent for parent, state in states.items() if not state.is_final)
    _refuse_cycle(tx, job, open_ones)
    return Relinked(
        links=as_links(new, frozenset(parents) - alone),
        parents=parents,
        opened=open_ones,
        completed=tuple(parent for parent in states if parent not in open_ones),
        dropped=tuple(sorted(alone - set(new.values()))),
    )


def relink(tx: Transaction, job: JobRow, change: Relinked) -> bool:
    """Write it; whether the job waits then. A job whose condition is not met by what is left has been skipped."""
    values = {"id": job.id, "parents": as_json(change.dropped)}
    gone = {row[0] for row in tx.rows("drop_dependencies", values)} if change.dropped else set[int]()
    added = [parent for parent in (*change.opened, *change.completed) if parent not in change.parents]
    opened = sum(tx.change("wait_for", {"parent": parent, "child": job.id}) for parent in change.opened)
    if added:
        tx.many("insert_dependency", [(parent, job.id, 0) for parent in added])
        tx.change("mark_parents", {"ids": as_json(added)})
    parents = [parent for parent in (*change.parents, *added) if parent not in gone]
    left = job.parents_left - len(gone) + opened
    bits = as_bits({State.COMPLETED}) if change.completed and job.condition is not None else 0
    changes = {"id": job.id, "parents": as_json(parents) if parents else None, "parents_left": left, "bits": bits}
    outcomes, has_dependants = tx.rows("relink_job", changes)[0]
    tx.touched.add(job.id)
    condition = read_condition(job.condition)
    ended = from_bits(outcomes)
    if job.state is State.WAITING and condition is not None and next_step(condition, ended, left) is Next.SKIP:
        reason = why_skipped(condition, ended)
        tx.change("skip_child", {"id": job.id, "now": tx.now_us, "reason": reason, "outcomes": outcomes})
        tx.ended.append(Bystander(job.id, was_running=False))
        if has_dependants:
            tell_families(tx, [job.id])
    return left > 0


def _states(tx: Transaction, job: JobRow, fresh: dict[str, int]) -> dict[int, State]:
    """How the jobs stand whose results are to become arguments."""
    rows = tx.rows("parent_states", {"ids": as_json(sorted(set(fresh.values())))}) if fresh else []
    states = {job_id: State(state) for job_id, state, _, _, app in rows if app == job.app}
    for name, parent in fresh.items():
        state = states.get(parent)
        if state is None:
            raise JobNotFound(f"there is no job {parent} to depend on")
        if state.is_final and state is not State.COMPLETED:
            msg = (
                f"job {job.id} cannot be revised: its argument {name} would be the result of job {parent}, "
                f"which ended {state} and has none; give a value, or another job's result"
            )
            raise JobNotRevisable(msg)
    return states


def _refuse_cycle(tx: Transaction, job: JobRow, parents: tuple[int, ...]) -> None:
    if parents and tx.rows("needs_job", {"parents": as_json(parents), "id": job.id, "batch": job.batch}):
        raise JobNotRevisable(
            f"job {job.id} cannot be revised: it would wait for itself, as job "
            f"{' or '.join(map(str, parents))} waits for it, over however many jobs and batches"
        )
