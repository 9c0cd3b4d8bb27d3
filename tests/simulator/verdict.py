"""The last look at a world: everything that was promised against everything that can be read."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from headway.model.claim import NewJob
from headway.model.job import JobRow, State
from headway.model.outcome import EndKind
from headway.store.protocol import JobDetail, JobFilter, Kept
from tests.simulator.flow import ARGUMENT, LINKED

if TYPE_CHECKING:
    from tests.simulator.bodies import Body
    from tests.simulator.world import World

PAGE: Final = 1_000
CHARGED: Final = frozenset({EndKind.RAISED, EndKind.TIMED_OUT})


def judge(world: World) -> None:
    """Raises Violation for the first promise that does not hold."""
    record, store = world.record, world.user.store
    must = record.must
    breaches = store.call(store.audit())
    must(not breaches, f"the audit found: {breaches}")
    page = store.reader.call(store.reader.page(JobFilter(), limit=PAGE))
    shown = Counter(row.ref_id for row in page.rows)
    must(all(count == 1 for count in shown.values()), f"shown more than once: {shown.most_common(1)}")
    ids = {row.ref_id: row.id for row in page.rows}
    for ref_id, job in record.id_of.items():
        must(ids.get(ref_id) == job or job in record.purged, f"{ref_id} was acknowledged as job {job}, and is lost")
    for batch in record.batches.values():
        found = store.reader.call(store.reader.batch(batch.name, app="default"))
        outcome = None if found is None else found.outcome
        must(outcome is not None and outcome == batch.outcome, f"the batch {batch.name} reads {outcome} in the end")
    if world.script.terms.callers:
        record.calling.judge(world.user.calling, ids, record.purged_refs)
    for row in page.rows:
        must(row.state.is_final, f"{row.ref_id} is {row.state} in the end")
        if row.name != "quick":
            detail = store.reader.call(store.reader.detail(row.id))
            must(detail is not None, f"job {row.id} is in neither file")
            assert detail is not None
            _one(world, detail, ids)


def _one(world: World, detail: JobDetail, ids: dict[str, int]) -> None:
    record, row = world.record, detail.row
    must, name = record.must, f"{row.ref_id} ({row.id})"
    job = record.wanted.get(row.ref_id)
    if detail.kept is Kept.SUMMARY:
        must(world.script.terms.keep_bodies_s is not None, f"{name} has nothing left but its summary")
        return
    payload: str | None = "{}" if job is None else job.payload
    if row.callback_of is not None and detail.payload != payload:
        payload = _with_result(world, row, detail.payload)
    if job is not None and job.links is not None:
        payload = _with_link(world, row, job, detail.payload or "{}")
    must(detail.payload == payload, f"{name} has another payload: {detail.payload}")
    since = record.requeued_at.get(row.id, 0)
    ends = [attempt.kind for attempt in detail.attempts if attempt.epoch > since]
    tries = sum(kind in CHARGED for kind in ends)
    # A cancellation that was asked for in time hides what the last attempt came to, but not that it was charged.
    # So does a transaction of its own that had been committed.
    hidden = row.state is State.CANCELLED or row.id in record.calling.done
    must(
        tries <= row.tries <= tries + hidden, f"{name} was charged {row.tries} tries for {[str(kind) for kind in ends]}"
    )
    crashes = ends.count(EndKind.CRASHED)
    must(
        crashes <= row.crashes <= crashes + hidden,
        f"{name} was charged {row.crashes} crashes for {[str(kind) for kind in ends]}",
    )
    epochs = [attempt.epoch for attempt in detail.attempts]
    must(sorted(epochs) == list(range(1, row.epoch + 1)), f"{name} has the attempts {epochs} and epoch {row.epoch}")
    for attempt in detail.attempts:
        body = record.offered.get((row.id, attempt.epoch))
        if body is not None:
            _attempt(world, detail, body, attempt.kind, ids)


def _with_result(world: World, row: JobRow, found: str | None) -> str | None:
    """What a callback is given: the result of the success that it follows, as its reference tells."""
    caller = world.record.rows.get(row.callback_of or 0)
    epoch = row.ref_id.split("-")[2]
    return found if caller is None else f'{{"{ARGUMENT}":"{caller.ref_id}@{epoch}"}}'


def _with_link(world: World, row: JobRow, job: NewJob, found: str) -> str:
    """What a job is given: the result of its parent, once that has it for good and nothing else is waited for."""
    links = msgspec.json.decode(job.links or "{}", type=dict[str, int])
    parent = world.record.rows.get(links[LINKED])
    if parent is None:
        return found
    ran = row.epoch > 0 and row.id not in world.record.requeued_at and parent.id not in world.record.requeues
    given = LINKED in msgspec.json.decode(found, type=dict[str, str])
    has_returned = parent.state == "completed" or parent.code == "callback_failed"
    if not has_returned or not (given or ran):
        return job.payload
    return f'{job.payload[:-1]},"{LINKED}":"{parent.ref_id}@{parent.epoch}"}}'


def _attempt(world: World, detail: JobDetail, body: Body, kind: EndKind, ids: dict[str, int]) -> None:
    must, name = world.record.must, f"{detail.row.ref_id}@{body.claim.epoch}"
    is_done = world.record.calling.done.get(detail.row.id) == body.claim.epoch  # then nothing else of its end matters
    succeeded = kind is EndKind.RETURNED
    # A node that stops while the store fails leaves without settling; what it left running is released.
    forgotten = body.natural and kind is EndKind.RELEASED and not body.member.has_stopped(body.life)
    must(not forgotten, f"{name} ended {body.plan.kind}, and was given back as if it never ran")
    for child in body.children():
        # One with its parent's unique key may be answered with another that has it.
        there = child.ref_id in ids or child.ref_id in world.record.purged_refs
        must(
            there == succeeded or (succeeded and (child.unique_key is not None or is_done)),
            f"{name} ended {kind}, and its child {child.ref_id} {'exists' if there else 'is missing'}",
        )
    if succeeded:
        must(detail.result == f'"{detail.row.ref_id}@{body.claim.epoch}"', f"{name} succeeded with {detail.result}")
        if detail.kept is Kept.NO_LOG:
            must(world.script.terms.keep_logs_s is not None, f"{name} has lost its log")
            return
        if is_done:  # it may have died with what it had said
            return
        store = world.user.store
        readable = [one.line.text for one in store.reader.call(store.reader.lines(detail.row.id))]
        lost = [one for one in body.said if one not in readable]
        must(not lost, f"{name} said {body.said}, and of that is readable: {readable}")
