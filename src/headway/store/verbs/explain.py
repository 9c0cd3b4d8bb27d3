"""What must be known of a job to say why it is not running: gathered from one snapshot, judged in `model/explain.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from headway.model.ageing import AGEING_AFTER_US, AGEING_STEP_US, lift
from headway.model.explain import Explanation, Gate, Line, Standing, Worker, explain
from headway.model.gate import Bound, GateKind, Rooms
from headway.model.job import JobRow, State
from headway.store.operation import Operation
from headway.store.verbs.durations import durations
from headway.store.verbs.find import find, job_row
from headway.store.verbs.gates import handler_gates, opens_us, queue_gates, read_load
from headway.store.verbs.hold import HELD_SETTING, read_hold
from headway.store.verbs.key_rate import key_room
from headway.store.verbs.transaction import Transaction, as_json

LOOKED_AT_MAX: Final = 200_000
"""Ready jobs of its queue that are counted to find a job's place."""
PASSED_MAX: Final = 1_000
"""Of those at the front of a key's line that cannot start at all: so many are passed to find who goes before a job."""
RUNS_SHOWN: Final = 20
DURATIONS_READ: Final = 5
_MAY_COME: Final = frozenset({State.QUEUED, State.SCHEDULED, State.WAITING})

_decode_names = msgspec.json.Decoder(tuple[str, ...]).decode


class Explains:
    """The verb of `store/flow.py`."""

    def explain(
        self, id_or_ref: int | str, *, app: str | None = None, gone: Sequence[str] = ()
    ) -> Operation[Explanation | None]:
        """Why a job is not running."""

        def run(tx: Transaction) -> Explanation | None:
            row = find(tx, id_or_ref, app)
            return None if row is None else explain(gather(tx, job_row(row), gone))

        return Operation("explain", run)

    def closed_queues(self, *, app: str) -> Operation[tuple[Gate, ...]]:
        """What keeps whole queues from starting anything."""
        return Operation("closed_queues", lambda tx: _closed_queues(tx, app))


def gather(tx: Transaction, job: JobRow, gone: Sequence[str] = ()) -> Standing:
    """Everything that can keep it from starting, as it is now."""
    known = Standing(job=job, now_us=tx.now_us)
    if job.state not in _MAY_COME:
        return known
    held = tx.row("setting", {"name": HELD_SETTING})
    hold = None if held is None else read_hold(held[0])
    workers, bounds = _workers(tx, job, gone)
    known = replace(
        known,
        held_us=None if hold is None else hold.at_us,
        held_why=None if hold is None else hold.why,
        workers=workers,
        bounds=bounds,
        openings=_openings(tx, job, (*bounds, *(bound for worker in workers for bound in worker.bounds))),
    )
    if job.state is State.WAITING:
        parents = tuple(row[0] for row in tx.rows("waits_for", {"id": job.id}))
        batches = tuple(row[0] for row in tx.rows("waits_for_batches", {"id": job.id}))
        return replace(known, parents=parents, batches=batches)
    ahead, exact = _ahead(tx, job)
    taken = durations(tx, job.name, DURATIONS_READ)
    return replace(known, lines=_lines(tx, job), ahead=ahead, ahead_exact=exact, durations=taken)


def _closed_queues(tx: Transaction, app: str) -> tuple[Gate, ...]:
    queues = queue_gates(tx, app)
    groups = [(name, "") for name in queues]  # whatever the handler: its own limits are not looked at
    rooms = Rooms(read_load(tx, app, groups, queues, {}))
    closed = [bound for group in groups for bound in rooms.closed(group)]
    return tuple(
        Gate(
            kind=bound.kind,
            subject=bound.subject,
            limit=bound.limit or None,
            span_us=None if bound.rate is None else bound.rate.span_us,
            since_us=bound.since_us,
            by=bound.by,
        )
        for bound in sorted(closed, key=lambda bound: bound.kind is not GateKind.PAUSED)
    )


def _workers(tx: Transaction, job: JobRow, gone: Sequence[str]) -> tuple[tuple[Worker, ...], tuple[Bound, ...]]:
    """The active nodes of its app, each with the gates that it would heed; and those that none has a say in."""
    group = (job.queue, job.name)
    queues = queue_gates(tx, job.app)

    def bounds(limits: str | None) -> tuple[Bound, ...]:
        handlers = handler_gates(limits)
        return Rooms(read_load(tx, job.app, (group,), queues, handlers)).bounds(group)

    by_limits: dict[str | None, tuple[Bound, ...]] = {None: bounds(None)}
    found: list[Worker] = []
    for names, served, concurrency, limits in tx.rows("active_nodes", {"app": job.app, "gone": as_json(list(gone))}):
        if limits not in by_limits:
            by_limits[limits] = bounds(limits)
        found.append(
            Worker(
                knows=job.name in _decode_names(names),
                serves=served is None or job.queue in _decode_names(served),
                concurrency=concurrency,
                bounds=by_limits[limits],
            )
        )
    return tuple(found), by_limits[None]


def _openings(tx: Transaction, job: JobRow, bounds: Sequence[Bound]) -> tuple[tuple[GateKind, str, int], ...]:
    closed = {(one.kind, one.subject): one for one in bounds if one.rate is not None and one.room <= 0}
    return tuple((*key, opens_us(tx, job.app, bound)) for key, bound in closed.items())


def _lines(tx: Transaction, job: JobRow) -> tuple[Line, ...]:
    found: list[Line] = []
    if job.lane is not None:
        found.append(_lane(tx, job, job.lane))
    if job.key is not None:
        found.append(_key(tx, job, job.key, job.key_limit or 1))
    return tuple(found)


def _lane(tx: Transaction, job: JobRow, lane: str) -> Line:
    values = {"app": job.app, "lane": lane, "id": job.id, "now": tx.now_us, "limit": RUNS_SHOWN}
    turn = tx.row("lane_turn", values)
    return Line(
        kind=GateKind.WORKER,
        subject=lane,
        limit=1,
        running=tuple(tx.rows("lane_holders", values)),
        before=tuple(row[0] for row in tx.rows("lane_before", values)),
        turn=turn is not None and (turn[0] is not None or turn[1] < job.id),
        turn_us=None if turn is None else turn[0],
    )


def _key(tx: Transaction, job: JobRow, key: str, limit: int) -> Line:
    values: dict[str, Any] = {"app": job.app, "key": key, "id": job.id, "now": tx.now_us}
    running = tuple(tx.rows("key_runners", {**values, "limit": max(limit, RUNS_SHOWN)}))
    values |= {"queue": job.queue, "name": job.name, "priority": job.priority, "due": job.due_us}
    room = None if job.key_rate is None else key_room(tx, job.app, key, job.key_rate)
    places = limit - len(running) if room is None else min(limit - len(running), room.starts)
    values |= {"limit": max(0, places), "looked_at": limit + PASSED_MAX}
    return Line(
        kind=GateKind.KEY,
        subject=key,
        limit=limit,
        running=running,
        before=tuple(row[0] for row in tx.rows("key_before", values)),
        rate=job.key_rate,
        room=0 if room is None else room.starts,
        opens_us=None if room is None else room.opens_us,
    )


def _ahead(tx: Transaction, job: JobRow) -> tuple[int, bool]:
    """How many ready jobs of its queue come first, and whether all were looked at."""
    values = {
        "app": job.app,
        "queue": job.queue,
        "now": tx.now_us,
        "after": AGEING_AFTER_US,
        "step": AGEING_STEP_US,
        "lifted": job.priority + lift(job.due_us, tx.now_us),
        "due": job.due_us,
        "id": job.id,
        "limit": LOOKED_AT_MAX,
    }
    looked, ahead = tx.rows("count_ahead", values)[0]
    return ahead, looked < LOOKED_AT_MAX
