"""The last look at a world: everything that was promised against everything that can be read."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from headway.model.job import State
from headway.model.outcome import EndKind
from headway.store.protocol import JobDetail, JobFilter, Kept

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
    must(detail.payload == ("{}" if job is None else job.payload), f"{name} has another payload: {detail.payload}")
    since = record.requeued_at.get(row.id, 0)
    ends = [attempt.kind for attempt in detail.attempts if attempt.epoch > since]
    tries = sum(kind in CHARGED for kind in ends)
    # A cancellation that was asked for in time hides what the last attempt came to, but not that it was charged.
    hidden = row.state is State.CANCELLED
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


def _attempt(world: World, detail: JobDetail, body: Body, kind: EndKind, ids: dict[str, int]) -> None:
    must, name = world.record.must, f"{detail.row.ref_id}@{body.claim.epoch}"
    succeeded = kind is EndKind.RETURNED
    # A node that stops while the store fails leaves without settling; what it left running is released.
    forgotten = body.natural and kind is EndKind.RELEASED and not body.member.has_stopped(body.life)
    must(not forgotten, f"{name} ended {body.plan.kind}, and was given back as if it never ran")
    if body.plan.has_child:
        child = body.child().ref_id
        must(
            (child in ids) == succeeded,
            f"{name} ended {kind}, and its child {child} {'exists' if child in ids else 'is missing'}",
        )
    if succeeded:
        must(detail.result == f'"{detail.row.ref_id}@{body.claim.epoch}"', f"{name} succeeded with {detail.result}")
        if detail.kept is Kept.NO_LOG:
            must(world.script.terms.keep_logs_s is not None, f"{name} has lost its log")
            return
        store = world.user.store
        readable = [one.line.text for one in store.reader.call(store.reader.lines(detail.row.id))]
        lost = [one for one in body.said if one not in readable]
        must(not lost, f"{name} said {body.said}, and of that is readable: {readable}")
