"""Write how attempts ended: each under its fence, with everything that hangs on it, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from headway.model.job import State
from headway.model.outcome import EndKind, Settlement
from headway.store.sqlite.enqueue import enqueue_children
from headway.store.sqlite.family import tell_families
from headway.store.sqlite.report import write_report
from headway.store.sqlite.transaction import Transaction, as_json


class _Held(NamedTuple):
    """A running job, as it stands before the settle."""

    id: int
    epoch: int
    cancel_at: int | None
    cancel_by: str | None
    has_dependants: int
    suspect: int
    interrupt_fails: int


_decode_held = msgspec.json.Decoder(list[_Held]).decode


def settle(tx: Transaction, node_id: int | None, settlements: Sequence[Settlement]) -> list[State | None]:
    """Write each settlement whose attempt still holds its job; answers the state written, or None for a refused one."""
    if not settlements:
        return []
    row = tx.row("held_jobs", {"ids": as_json([one.id for one in settlements])})
    held = {one.id: one for one in ([] if row is None else _decode_held(row[0]))}
    answers: list[State | None] = []
    plain: list[Settlement] = []
    ended: list[int] = []
    for one in settlements:
        job = held.get(one.id)
        if job is None or job.epoch != one.epoch:
            _refuse(tx, one)
            answers.append(None)
            continue
        del held[one.id]
        if job.cancel_at is None and _is_plain(one):
            plain.append(one)
            state = State.COMPLETED
        else:
            state = _settle_one(tx, node_id, one, job)
        answers.append(state)
        if job.has_dependants and state.is_final:
            ended.append(one.id)
    if plain:
        _complete(tx, node_id, plain)
    if ended:
        tell_families(tx, ended)
    return answers


def _is_plain(one: Settlement) -> bool:
    """A success with nothing to say but a result: written many at a time."""
    return one.state is State.COMPLETED and one.code is None and one.reason is None and one.error is None


def _complete(tx: Transaction, node_id: int | None, plain: Sequence[Settlement]) -> None:
    for one in plain:
        if one.report is not None:
            write_report(tx, one.report)
    tx.change("complete_jobs", {"ids": as_json([one.id for one in plain]), "now": tx.now_us})
    attempts = as_json([(one.id, one.epoch, one.started_us, one.finished_us) for one in plain])
    tx.change("insert_attempts", {"attempts": attempts, "node_id": node_id})
    results = [(one.result, one.result_size, one.id) for one in plain if one.result is not None or one.result_size]
    if results:
        tx.many("store_result", results)
    enqueue_children(tx, [one.children for one in plain if one.children is not None])


def _refuse(tx: Transaction, one: Settlement) -> None:
    if tx.row("verdict", {"id": one.id}) is not None:
        tx.event(one.id, one.epoch, "late_result", note=f"late result of epoch {one.epoch} ({one.kind}), ignored")


def _settle_one(tx: Transaction, node_id: int | None, one: Settlement, job: _Held) -> State:
    state, code, reason, kind = one.state, one.code, one.reason, one.kind
    if job.cancel_at is not None and code != "cancelled":
        # A cancellation that was asked for in time wins over every outcome that was not settled yet.
        state, code = State.CANCELLED, "cancelled"
        kind = EndKind.CANCELLED if kind in _WINNABLE else kind
    if state is State.CANCELLED and reason is None and job.cancel_at is not None:
        reason = f"cancelled by {job.cancel_by}" if job.cancel_by else "cancelled while it was running"
    if one.report is not None:
        write_report(tx, one.report)
    final = state.is_final
    pending_due = tx.now_us + one.due_delay_us if state is State.SCHEDULED else None
    changes: dict[str, Any] = {
        "id": one.id,
        "epoch": one.epoch,
        "state": state.value,
        "due_at": pending_due,
        "finished_at": tx.now_us if final else None,
        "tries": one.tries,
        "crashes": one.crashes,
        "suspect": 0 if state is State.COMPLETED else job.suspect + one.suspect,
        "code": code,
        "reason": reason,
        "cancel_at": job.cancel_at if final else None,
        "cancel_by": job.cancel_by if final else None,
    }
    tx.change("settle_job", changes)
    error = None if one.error is None else as_json(one.error)
    attempt = (one.id, one.epoch, node_id, one.started_us, one.finished_us, kind.value, code, reason, error)
    tx.change("insert_attempt", attempt)
    if state is State.COMPLETED:
        tx.change("store_result", (one.result, one.result_size, one.id))
        enqueue_children(tx, [one.children] if one.children is not None else [])
    if not final:
        tx.change("reset_progress", {"id": one.id})  # the next attempt starts from nothing
    if kind in _UNUSUAL:
        tx.event(one.id, one.epoch, kind.value, note=reason or code)
    if state is State.QUEUED:
        tx.wake = True
    return state


_WINNABLE = frozenset({EndKind.RETURNED, EndKind.RAISED, EndKind.SNOOZED, EndKind.RELEASED, EndKind.SUSPECT})
_UNUSUAL = frozenset({EndKind.RELEASED, EndKind.CRASHED, EndKind.SUSPECT, EndKind.SNOOZED})
