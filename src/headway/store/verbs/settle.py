"""Write how attempts ended: each under its fence, with everything that hangs on it, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from headway.model.job import TRANSITIONS, State
from headway.model.outcome import EndKind, ErrorText, Settlement
from headway.model.tie import LINED_UP, Tie
from headway.store.verbs.callback import REFUSED
from headway.store.verbs.enqueue import enqueue_children
from headway.store.verbs.family import tell_families
from headway.store.verbs.marks import as_done, marks, without_children
from headway.store.verbs.report import write_report
from headway.store.verbs.transaction import Transaction, as_json


class _Held(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A running job, as it stands before the settle."""

    id: int
    epoch: int
    node_id: int | None
    cancel_at: int | None
    cancel_by: str | None
    has_dependants: int
    suspect: int
    ties: int = 0
    batch: int | None = None
    app: str = ""
    lane: str | None = None
    key: str | None = None


_Other = tuple[int, Settlement, _Held]
"""A settlement that is more than a plain success, and its place among the answers."""
_COMPLETED: Final = State.COMPLETED
_REACHABLE: Final = TRANSITIONS[State.RUNNING] - {State.EXECUTED}
"""What a worker may ask for: only the store knows which job has a callback, and so is executed first."""
_SUCCESS: Final = frozenset({State.COMPLETED, State.EXECUTED})
_WINNABLE: Final = frozenset({EndKind.RETURNED, EndKind.RAISED, EndKind.SNOOZED, EndKind.RELEASED, EndKind.SUSPECT})
"""Endings that a cancellation asked for in time turns into cancelled ones."""
CHILDREN_REFUSED: Final = "children_refused"
_UNUSUAL: Final = frozenset({EndKind.RELEASED, EndKind.CRASHED, EndKind.SUSPECT, EndKind.SNOOZED})

_decode_held = msgspec.json.Decoder(list[_Held]).decode


def settle(tx: Transaction, node_id: int, settlements: Sequence[Settlement]) -> list[State | None]:
    """Write each settlement whose attempt still holds its job; answers the state written, or None for a refused one."""
    if not settlements:
        return []
    row = tx.row("held_jobs", {"ids": as_json([one.id for one in settlements])})
    held = {one.id: one for one in ([] if row is None else _decode_held(row[0]))}
    answers: list[State | None] = []
    plain: list[Settlement] = []
    ended: list[int] = []
    others: list[_Other] = []
    members: list[int] = []
    lined_up: list[int] = []
    for one in settlements:
        job = held.get(one.id)
        if job is None or job.epoch != one.epoch or job.node_id != node_id or one.state not in _REACHABLE:
            _refuse(tx, node_id, one)
            answers.append(None)
            continue
        del held[one.id]
        if job.cancel_at is None and _is_plain(one) and not (job.ties and job.ties & Tie.CALLBACK):
            plain.append(one)
            answers.append(_COMPLETED)
            if job.has_dependants:
                ended.append(one.id)
            if job.ties:
                _note(tx, job, members, lined_up)
            continue
        others.append((len(answers), one, job))
        answers.append(None)
    if plain:
        _complete(tx, node_id, plain, members, lined_up)
    if others:
        ended += _settle_others(tx, node_id, others, answers)
    if ended:
        tell_families(tx, ended)
    return answers


def _note(tx: Transaction, job: _Held, members: list[int], lined_up: list[int]) -> None:
    """Something hangs on a job that completes like most. If that is a batch or lines alone, it need not be looked at again."""
    known = LINED_UP
    if job.batch is not None:
        known = Tie.BATCH
        members.append(job.id)
        tx.completed[job.batch] = tx.completed.get(job.batch, 0) + 1
    elif job.ties & LINED_UP:
        lined_up.append(job.id)
    if job.ties & ~known:
        tx.touched.add(job.id)
        return
    if job.lane is not None:
        tx.lanes.add((job.app, job.lane))
    if job.key is not None:
        tx.keys.add((job.app, job.key))


def _settle_others(tx: Transaction, node_id: int, others: list[_Other], answers: list[State | None]) -> list[int]:
    """Write those that are more than a plain success; answers whose dependants are to be told."""
    ended: list[int] = []
    others.sort(key=_has_children)  # at last: children may depend on what ends in this turn
    marked = marks(tx, [one.id for _, one, _ in others])
    for place, ending, held in others:
        one, job = ending, held
        if one.id in marked:  # done, so neither a cancellation nor a failure comes in time
            one = one if one.state is _COMPLETED else as_done(one, marked[one.id])
            job = msgspec.structs.replace(job, cancel_at=None, cancel_by=None)
        answers[place] = state = _settle_one(tx, node_id, _tied(tx, one, job), job, done=one.id in marked)
        if state.is_final and (job.has_dependants or one.children is not None):
            ended.append(one.id)
    return ended


def _tied(tx: Transaction, one: Settlement, job: _Held) -> Settlement:
    """Have looked after what hangs on it; a success waits for its callback, if it has one."""
    if job.ties:
        tx.touched.add(one.id)
    if job.ties & Tie.CALLBACK and one.state is _COMPLETED:
        return msgspec.structs.replace(one, state=State.EXECUTED)
    return one


def _has_children(other: _Other) -> bool:
    return other[1].children is not None


def _is_plain(one: Settlement) -> bool:
    """A success with nothing to say but a result: written many at a time."""
    return (
        one.state is _COMPLETED
        and one.code is None
        and one.reason is None
        and one.error is None
        and one.children is None
    )


def _complete(
    tx: Transaction, node_id: int, plain: Sequence[Settlement], members: Sequence[int], lined_up: Sequence[int]
) -> None:
    for one in plain:
        if one.report is not None:
            write_report(tx, one.report)
    _mark_completed(tx, [one.id for one in plain], members, lined_up)
    attempts: list[object] = []
    for one in plain:
        attempts += (one.id, one.epoch, node_id, one.started_us, one.finished_us)
    tx.blocks("insert_success", attempts)
    results: list[object] = []
    for one in plain:
        if one.result is not None and not one.result_size:
            results += (one.id, one.result)
    if results:
        tx.blocks("store_results", results)
    sizes = [(one.result, one.result_size, one.id) for one in plain if one.result_size]
    if sizes:
        tx.many("store_result", sizes)


def _mark_completed(tx: Transaction, ids: Sequence[int], members: Sequence[int], lined_up: Sequence[int]) -> None:
    """Each with the statement that has nothing to do but what it needs."""
    for statement, some in (("complete_members", members), ("complete_lined_up", lined_up)):
        if some:
            tx.change(statement, {"ids": as_json(some), "now": tx.now_us})
            written = frozenset(some)
            ids = [one for one in ids if one not in written]
    if ids:
        tx.change("complete_jobs", {"ids": as_json(ids), "now": tx.now_us})


def _refuse(tx: Transaction, node_id: int, one: Settlement) -> None:
    """Write down that it came too late; not of one that was written already, and is repeated because the answer was lost."""
    values = {
        "id": one.id,
        "epoch": one.epoch,
        "node_id": node_id,
        "started_at": one.started_us,
        "finished_at": one.finished_us,
        "kind": one.kind.value,
        "error": None if one.error is None else as_json(one.error),
        "result": one.result,
    }
    if tx.row("verdict", {"id": one.id}) is not None and tx.row("written_before", values) is None:
        tx.event(one.id, one.epoch, "late_result", note=f"late result of epoch {one.epoch} ({one.kind}), ignored")


def _settle_one(tx: Transaction, node_id: int, one: Settlement, job: _Held, *, done: bool) -> State:
    if job.ties:
        tx.touched.add(one.id)
    if job.cancel_at is not None:
        one = _cancelled(one, job)
    elif one.children is not None and one.state in _SUCCESS:
        one = _with_children(tx, one, job, done=done)
    if one.report is not None:
        write_report(tx, one.report)
    state, final = one.state, one.state.is_final
    changes: dict[str, Any] = {
        "id": one.id,
        "epoch": one.epoch,
        "state": state.value,
        "due_at": tx.now_us + one.due_delay_us if state is State.SCHEDULED else None,
        "finished_at": tx.now_us if final else None,
        "tries": one.tries,
        "crashes": one.crashes,
        "suspect": 0 if state in _SUCCESS else job.suspect + one.suspect,
        "code": one.code,
        "reason": one.reason,
        "cancel_at": job.cancel_at if final else None,
        "cancel_by": job.cancel_by if final else None,
    }
    tx.change("settle_job", changes)
    error = None if one.error is None else as_json(one.error)
    attempt = (one.id, one.epoch, node_id, one.started_us, one.finished_us, one.kind.value, one.code, one.reason, error)
    tx.change("insert_attempt", attempt)
    if state in _SUCCESS:
        tx.change("store_result", (one.result, one.result_size, one.id))
    elif not final:
        tx.change("reset_progress", {"id": one.id})  # the next attempt starts from nothing
        tx.wake = True
    if one.kind in _UNUSUAL:
        tx.event(one.id, one.epoch, one.kind.value, note=one.reason or one.code)
    return state


def _cancelled(one: Settlement, job: _Held) -> Settlement:
    """A cancellation that was asked for in time wins over every outcome that was not settled yet."""
    return msgspec.structs.replace(
        one,
        state=State.CANCELLED,
        kind=EndKind.CANCELLED if one.kind in _WINNABLE else one.kind,
        code="cancelled",
        reason=f"cancelled by {job.cancel_by}" if job.cancel_by else "cancelled while it was running",
        result=None,
        result_size=None,
        children=None,
    )


def _with_children(tx: Transaction, one: Settlement, job: _Held, *, done: bool) -> Settlement:
    """Insert the calls tied to the attempt; where they cannot be stored the job fails, and the settling does not.

    `done`: its own transaction was committed, so it ends well and says what is missing; it never runs again.
    """
    frees = one.state is _COMPLETED and job.ties & (Tie.UNIQUE | Tie.CALLBACK) == Tie.UNIQUE
    try:
        with tx.savepoint():
            enqueue_children(tx, one.children or "[]", ended=one.id if frees else None)
    except REFUSED + tx.refusals as error:
        reason = f"its children could not be enqueued: {error}"
        if done:
            return without_children(one, CHILDREN_REFUSED, reason)
        one = msgspec.structs.replace(
            one,
            state=State.FAILED,
            kind=EndKind.RAISED,
            code=CHILDREN_REFUSED,
            reason=reason,
            tries=one.tries + 1,
            result=None,
            result_size=None,
            error=ErrorText(type(error).__name__, str(error), ""),
        )
    return one
