"""A run by hand: the schedule's job, now, whatever the schedule's state."""

from __future__ import annotations

import msgspec

from headway.model.condition import Condition
from headway.model.errors import ScheduleBusy
from headway.model.occurrence import job_of, ref_of
from headway.model.overlap import Arranged, OpenRun, arrange
from headway.model.schedule import Definition, Overlap
from headway.store.scheduling import TickOutcome
from headway.store.values import Enqueued
from headway.store.verbs.aftermath import follow
from headway.store.verbs.cancel import cancel
from headway.store.verbs.enqueue import enqueue
from headway.store.verbs.runs import open_runs
from headway.store.verbs.standing import Known, known_schedule, readable
from headway.store.verbs.tick import SCHEDULE_FACT, prune
from headway.store.verbs.transaction import Transaction


def trigger(tx: Transaction, app: str, name: str, by: str | None, *, force: bool) -> Enqueued:
    """Run it now; its next instant and its counts stay."""
    found = known_schedule(tx, app, name)
    definition = readable(found)
    follow(tx)
    arranged = Arranged(0)
    before = open_runs(tx, [found.id]).get(found.id, [])
    if not force:
        (arranged,) = arrange(definition, [tx.now_us], 0, before)
    if arranged.skipped is not None:
        raise _busy(definition, before, arranged.skipped)
    if arranged.cancels:
        for run in before:
            cancel(tx, run.job_id, by or f"schedule {name}", None)
    instant_us, ref_id = _moment(tx, found, app)
    job = job_of(
        definition,
        instant_us,
        ref_id=ref_id,
        due_us=None,
        created_by=by or definition.job.created_by,
        depends_on=arranged.behind,
        condition=Condition.FINISHED.value if arranged.behind else None,
    )
    (answer,) = enqueue(tx, [job])
    if not answer.existing:
        tx.many("insert_fact", [(SCHEDULE_FACT, name, answer.id)])
        tick = (found.id, instant_us, 1, TickOutcome.MANUAL.value, answer.id, tx.now_us, None, None, None, None)
        tx.sparse("insert_tick", [(*tick, job.fleeting or None, by, None)])
        prune(tx, found.id)
    return msgspec.structs.replace(answer, name=answer.name or definition.job.name)


def _busy(definition: Definition, before: list[OpenRun], reason: str) -> ScheduleBusy:
    job_id = before[-1].job_id
    if definition.overlap is not Overlap.SKIP:
        return ScheduleBusy(f"the schedule {definition.name!r} takes no more runs: {reason}", id=job_id)
    msg = f"the schedule {definition.name!r} runs already, as job {job_id}: wait for its end, or force another run"
    return ScheduleBusy(msg, id=job_id)


def _moment(tx: Transaction, found: Known, app: str) -> tuple[int, str]:
    """When it ran, and its reference: a run by hand is one of its own, though it fall on an instant or on another one."""
    instant_us = tx.now_us
    while True:
        ref_id = f"{ref_of(found.name, instant_us)}-by-hand"
        if not tx.rows("is_taken", {"id": found.id, "instant": instant_us, "app": app, "ref_id": ref_id})[0][0]:
            return instant_us, ref_id
        instant_us += 1
