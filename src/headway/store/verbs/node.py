"""Nodes: enter, beat, leave, and what becomes of the jobs of dead ones.

All jobs of a node share its lease: one row is renewed per beat, however many jobs run. Leases are measured on the boot
clock with the boot's id, so no step of the wall clock touches them and a reboot ends them at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from headway.model.gate import HandlerGate
from headway.model.job import State
from headway.model.outcome import EndKind
from headway.store.presence import Bystander
from headway.store.protocol import Beat, NodeInfo, Reaped, Stop
from headway.store.verbs.family import tell_families
from headway.store.verbs.marks import done_of
from headway.store.verbs.settle import settle
from headway.store.verbs.transaction import Transaction, as_json

UNPARK_STEP: Final = 5_000
SILENCE_PART: Final = 4
"""Of a lease. If no beat came through for longer, a sweep has to judge what that means; one that came later is not noted as one."""
BEATS_MISSED_MAX: Final = 2
"""After a longer silence of the sweeper (or of the whole store) lapsed leases prove nothing yet."""
SWEEP_SETTING: Final = "sweep"

_decode_owned = msgspec.json.Decoder(list[tuple[int, int, bool | int | None, str | None]]).decode


class _Sweep(msgspec.Struct, frozen=True, array_like=True):
    """When the sweeper last looked, and until when it holds its hand."""

    boot_id: str
    seen_boot: int
    hold_until: int


def register(tx: Transaction, node: NodeInfo, lease_us: int) -> int:
    """Enter a node and give back to the queue what was parked for lack of its handlers."""
    values = {
        "uid": node.uid,
        "app": node.app,
        "host": node.host,
        "pid": node.pid,
        "version": node.version,
        "now": tx.now_us,
        "boot_id": tx.clock.boot_id(),
        "lease_boot": tx.boot_us + lease_us,
        "queues": None if node.queues is None else as_json(node.queues),
        "names": as_json(node.names),
        "concurrency": node.concurrency,
        "shielded": node.shielded,
        "limits": as_json(node.limits) if node.limits else None,
    }
    node_id: int = tx.rows("insert_node", values)[0][0]
    for name in node.names:
        unpark(tx, node.app, name, UNPARK_STEP)
    return node_id


def learn(tx: Transaction, node_id: int, names: Sequence[str], limits: Sequence[HandlerGate]) -> None:
    """Write down what a node knows now, and give back to the queue what was parked for lack of it."""
    values = {
        "id": node_id,
        "names": as_json(list(names)),
        "limits": as_json(list(limits)) if limits else None,
        "now": tx.now_us,
    }
    tx.change("name_node", values)
    row = tx.row("node_state", {"id": node_id})
    if row is not None:
        for name in names:
            unpark(tx, row[1], name, UNPARK_STEP)


def unpark(tx: Transaction, app: str, name: str, limit: int) -> int:
    """Give parked jobs of a handler back to the queue; answers how many."""
    unparked = tx.rows("unpark_jobs", {"app": app, "name": name, "limit": limit})
    if unparked:
        tx.touched.update(row[0] for row in unparked if row[0] is not None)
        tx.wake = True
    return len(unparked)


def renew(tx: Transaction, node_id: int, lease_us: int) -> bool:
    """Renew the node's lease; False when it is not active any more."""
    values = {"id": node_id, "now": tx.now_us, "boot_id": tx.clock.boot_id(), "lease_boot": tx.boot_us + lease_us}
    return tx.change("renew_node", values) == 1


def stops(tx: Transaction, node_id: int) -> tuple[Stop, ...]:
    """The node's running attempts whose cancellation was asked for."""
    return tuple(Stop(id=row[0], epoch=row[1], by=row[2]) for row in tx.rows("stops", {"node_id": node_id}))


def beat(tx: Transaction, node_id: int, lease_us: int) -> Beat:
    """Renew, and tell the node what it still owns and what it should stop."""
    values = {
        "id": node_id,
        "now": tx.now_us,
        "boot_id": tx.clock.boot_id(),
        "boot_now": tx.boot_us,
        "lease_boot": tx.boot_us + lease_us,
        "silence": lease_us // SILENCE_PART,
    }
    row = tx.row("beat", values)
    if row is None:
        return Beat(alive=False, stops=(), owned=frozenset())
    owned = _decode_owned(row[1])
    return Beat(
        alive=True,
        stops=tuple(Stop(id=job, epoch=epoch, by=by) for job, epoch, stopped, by in owned if stopped),
        owned=frozenset((job, epoch) for job, epoch, _, _ in owned),
        draining=row[0] == "draining",
    )


def leave(tx: Transaction, node_id: int) -> int:
    """The node goes in good order: what still runs under it goes back to the queue, uncharged."""
    _end_done(tx, node_id)
    rows = tx.rows("running_of_node", {"node_id": node_id})
    _give_back(tx, node_id, rows, EndKind.RELEASED)
    tx.lanes.update((app, lane) for app, lane in tx.rows("drop_turns", {"node_id": node_id}))
    tx.change("node_leaves", {"id": node_id, "now": tx.now_us})
    return len(rows)


def reap(tx: Transaction, dead: Sequence[str], lease_us: int, beat_us: int) -> Reaped:
    """Jobs of dead nodes first, then the nodes, in this one transaction."""
    sweep = _look(tx, lease_us, beat_us)
    held = tx.boot_us < sweep.hold_until
    values = {
        "boot_id": tx.clock.boot_id(),
        "dead": as_json(list(dead)),
        "take_lapsed": not held,
        "boot_now": tx.boot_us,
    }
    jobs = 0
    uids: list[str] = []
    for node_id, uid, shielded in tx.rows("dead_nodes", values):
        _end_done(tx, node_id)
        rows = tx.rows("running_of_node", {"node_id": node_id})
        _give_back(tx, node_id, rows, EndKind.SUSPECT, shielded=bool(shielded))
        tx.lanes.update((app, lane) for app, lane in tx.rows("drop_turns", {"node_id": node_id}))
        tx.change("bury_node", {"id": node_id})
        jobs += len(rows)
        uids.append(uid)
    return Reaped(nodes=tuple(uids), jobs=jobs, held=held)


def _look(tx: Transaction, lease_us: int, beat_us: int) -> _Sweep:
    """Note that the sweeper looked now, and decide whether it must hold its hand for one lease."""
    row = tx.row("setting", {"name": SWEEP_SETTING})
    before = None if row is None else msgspec.json.decode(row[0], type=_Sweep)
    boot_id, now = tx.clock.boot_id(), tx.boot_us
    hold_until = 0
    if before is not None and before.boot_id == boot_id:
        hold_until = before.hold_until
        if now < before.seen_boot:  # the boot clock went back: no lease may reach further than one lease from now
            tx.change("cap_leases", {"boot_id": boot_id, "lease_boot": now + lease_us})
            hold_until = now + lease_us
        elif now - before.seen_boot > BEATS_MISSED_MAX * beat_us:
            hold_until = now + lease_us
    sweep = _Sweep(boot_id, now, hold_until)
    tx.change("set_setting", {"name": SWEEP_SETTING, "value": as_json(sweep)})
    return sweep


def _end_done(tx: Transaction, node_id: int) -> None:
    """Jobs whose own transactions were committed are completed, though nobody heard of it."""
    done = done_of(tx, node_id)
    settle(tx, node_id, done)
    tx.ended.extend(Bystander(one.id, was_running=True) for one in done)


def _give_back(
    tx: Transaction, node_id: int, rows: Sequence[tuple[Any, ...]], kind: EndKind, *, shielded: bool = False
) -> None:
    """Back to the queue. Out of a shielded node that died as a whole a job becomes a suspect only the second time:
    the first time it was killed from outside in nearly all cases, and to run everything alone would cost hours.
    """
    ended: list[int] = []
    suspects = kind is EndKind.SUSPECT
    for job_id, epoch, cancel_at, cancel_by, interrupt_fails, suspect, started_at, has_dependants, *rest in rows:
        due_at, tries, crashes, died_before = rest
        state, code, reason = State.QUEUED, None, None
        if cancel_at is not None:
            state, code = State.CANCELLED, "cancelled"
            reason = f"cancelled by {cancel_by}" if cancel_by else "cancelled while it was running"
        elif interrupt_fails and suspects:
            state, code = State.FAILED, "interrupted"
            reason = "the process that ran it died, and its handler says not to run it again"
        final = state.is_final
        changes = {
            "id": job_id,
            "epoch": epoch,
            "state": state.value,
            "due_at": due_at,
            "finished_at": tx.now_us if final else None,
            "tries": tries,
            "crashes": crashes,
            "suspect": suspect + (suspects and (not shielded or bool(died_before))),
            "code": code,
            "reason": reason,
            "cancel_at": cancel_at if final else None,
            "cancel_by": cancel_by if final else None,
        }
        tx.change("settle_job", changes)
        attempt_code = code or ("node_died" if suspects else None)
        tx.change(
            "insert_attempt", (job_id, epoch, node_id, started_at, tx.now_us, kind.value, attempt_code, reason, None)
        )
        tx.event(job_id, epoch, "reap" if suspects else "release", note=reason)
        if final:
            tx.ended.append(Bystander(job_id, was_running=True))
        if final and has_dependants:
            ended.append(job_id)
    if rows:
        tx.touch([row[0] for row in rows])
        tx.wake = True
    if ended:
        tell_families(tx, ended)
