"""One turn of a worker: write what was said, write what ended, stage what is due, claim; one commit."""

from __future__ import annotations

from collections.abc import Sequence

from headway.model.claim import Claim
from headway.model.outcome import Report, Settlement
from headway.store.protocol import Ask, Exchange
from headway.store.sqlite.claim import claim
from headway.store.sqlite.hold import is_held
from headway.store.sqlite.node import renew, stops
from headway.store.sqlite.report import record
from headway.store.sqlite.settle import settle
from headway.store.sqlite.tend import expire, stage
from headway.store.sqlite.transaction import Transaction

STAGE_STEP = 1_000


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
    node = tx.row("node_state", {"id": node_id})
    alive = node is not None and node[0] in {"active", "draining"} and _leased(tx, node_id, node[2:], lease_us)
    claims: tuple[Claim, ...] = ()
    held = False
    if node is not None and alive and asks:
        expire(tx, STAGE_STEP)
        stage(tx, STAGE_STEP)
        held = is_held(tx)
        if node[0] == "active" and not held:
            claims = claim(tx, node_id, node[1], asks)
            if claims:
                renew(tx, node_id, lease_us)  # whatever is granted is granted for a whole lease
    due = tx.row("next_due")
    return Exchange(
        alive=alive,
        accepted=tuple(state is not None for state in states),
        states=states,
        claims=claims,
        next_due_us=None if due is None else due[0],
        stops=stops(tx, node_id) if alive else (),
        held=held,
    )


def _leased(tx: Transaction, node_id: int, lease: tuple[int, str], lease_us: int) -> bool:
    """Whether the node's lease runs; one that has just lapsed and was not reaped is revived. A turn with nothing to do writes nothing."""
    lease_boot, boot_id = lease
    if boot_id == tx.clock.boot_id() and tx.boot_us < lease_boot:
        return True
    return renew(tx, node_id, lease_us)
