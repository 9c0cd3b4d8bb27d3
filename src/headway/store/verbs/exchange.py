"""One turn of a worker: write what was said, write what ended, stage what is due, claim; one commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from headway.model.claim import Claim
from headway.model.job import State
from headway.model.outcome import Report, Settlement
from headway.store.protocol import Ask, Exchange, Stop
from headway.store.verbs.aftermath import follow
from headway.store.verbs.claim import claim, ready_groups
from headway.store.verbs.gates import Gates
from headway.store.verbs.node import renew, stops
from headway.store.verbs.outbox import admit
from headway.store.verbs.report import record
from headway.store.verbs.settle import settle
from headway.store.verbs.tend import expire, stage
from headway.store.verbs.transaction import Transaction

STAGE_STEP: Final = 1_000
ADMIT_STEP: Final = 50
LEASE_SHARE: Final = 0.75
"""Of which the lease must still have so much at a grant, or it is renewed. Its beats keep it above that; renewing it at
every grant would write one more page into every commit."""
_ALIVE: Final = frozenset({"active", "draining"})


def exchange(
    tx: Transaction,
    node_id: int,
    settlements: Sequence[Settlement],
    reports: Sequence[Report],
    asks: Sequence[Ask],
    lease_us: int,
) -> Exchange:
    """Run the turn; a node that is not active any more is told so and gets nothing."""
    record(tx, node_id, reports)  # first: what an attempt said before it ended would be refused after its settlement
    states = tuple(settle(tx, node_id, settlements))
    follow(tx)
    facts = _facts(tx, node_id)
    alive = facts is not None and facts.state in _ALIVE and _leased(tx, node_id, facts, lease_us)
    if facts is None or not alive:
        due = tx.row("next_due")
        return _answer(states, alive=False, next_due_us=None if due is None else due[0])
    next_due_us = facts.next_due_us
    claims: tuple[Claim, ...] = ()
    if any(states) and not asks and (facts.gated or facts.limits is not None):
        tx.wake = True  # what ended made room where only so many may run: others look
    if asks:
        next_due_us = _make_ready(tx, facts)
        if facts.state == "active" and not facts.held:
            groups = ready_groups(tx, facts.app)
            gates = None
            if groups and (facts.gated or facts.limits is not None):
                gates = Gates(tx, facts.app, facts.limits, groups)
            claims = claim(tx, node_id, facts.app, asks, groups, gates)
            next_due_us = _next_with_keys(tx, next_due_us)
            if gates is not None:
                next_due_us = _earlier(
                    next_due_us, gates.opens_us(frozenset[str]().union(*(ask.names for ask in asks)))
                )
                tx.wake = tx.wake or gates.has_opened(sum(state is not None for state in states))
            if claims and facts.lease_boot - tx.boot_us < lease_us * LEASE_SHARE:
                renew(tx, node_id, lease_us)
    return _answer(
        states,
        alive=True,
        next_due_us=next_due_us,
        claims=claims,
        stops=stops(tx, node_id) if facts.stops else (),
        held=bool(asks) and facts.held,
        draining=facts.state == "draining",
    )


def _make_ready(tx: Transaction, facts: _Facts) -> int | None:
    """Admit, expire and stage before anything is granted; answers what is due next."""
    due_us = facts.next_due_us
    if facts.outbox:
        admit(tx, ADMIT_STEP)
    if facts.expired:
        expire(tx, STAGE_STEP)
    staged = due_us is not None and due_us <= tx.now_us and stage(tx, STAGE_STEP)
    if not (staged or facts.expired or facts.outbox):
        return due_us
    follow(tx)
    due = tx.row("next_due")
    return None if due is None else due[0]


class _Facts(msgspec.Struct, frozen=True, gc=False):
    """What a turn must know."""

    state: str
    app: str
    lease_boot: int
    boot_id: str
    held: bool
    next_due_us: int | None
    expired: bool
    stops: bool
    gated: bool
    """Some queue of the app has a gate."""
    limits: str | None
    """Those of the node's handlers."""
    outbox: bool
    """Something was committed there that is not a job yet."""


def _earlier(one: int | None, other: int | None) -> int | None:
    return one if other is None else other if one is None else min(one, other)


def _next_with_keys(tx: Transaction, next_due_us: int | None) -> int | None:
    """What was granted may have used up the rate limit of a key: the answer says when that frees."""
    if not tx.keys:
        return next_due_us
    follow(tx)
    due = tx.row("next_due")
    return None if due is None else due[0]


def _facts(tx: Transaction, node_id: int) -> _Facts | None:
    row = tx.row("turn_facts", {"id": node_id, "now": tx.now_us})
    if row is None:
        return None
    state, app, lease_boot, boot_id, held, due, expired, stops_, gated, limits, opens, outbox = row
    due = _earlier(due, opens)
    return _Facts(
        state,
        app,
        lease_boot,
        boot_id,
        held is not None,
        due,
        bool(expired),
        bool(stops_),
        bool(gated),
        limits,
        bool(outbox),
    )


def _answer(
    states: tuple[State | None, ...],
    *,
    alive: bool,
    next_due_us: int | None,
    claims: tuple[Claim, ...] = (),
    stops: tuple[Stop, ...] = (),
    held: bool = False,
    draining: bool = False,
) -> Exchange:
    return Exchange(
        alive=alive,
        accepted=tuple(state is not None for state in states),
        states=states,
        claims=claims,
        next_due_us=next_due_us,
        stops=stops,
        held=held,
        draining=draining,
    )


def _leased(tx: Transaction, node_id: int, facts: _Facts, lease_us: int) -> bool:
    """Whether the node's lease runs; one that has just lapsed and was not reaped is revived. A turn with nothing to do writes nothing."""
    if facts.boot_id == tx.clock.boot_id() and tx.boot_us < facts.lease_boot:
        return True
    return renew(tx, node_id, lease_us)
