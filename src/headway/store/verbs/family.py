"""Dependants: released, cancelled or skipped when what they wait for has ended. Iterative and in bounded steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from headway.model.condition import Next, as_bits, from_bits, next_step, read_condition, why_skipped
from headway.model.job import State
from headway.store.presence import Bystander
from headway.store.verbs.transaction import Transaction, as_json

STEP_MAX: Final = 1_000
"""Dependants told in one transaction; the rest is remembered and told by `tend`."""


def tell_families(tx: Transaction, parents: Iterable[int]) -> int:
    """Tell the dependants of parents that have just ended; answers how many were told."""
    return _tell(tx, list(parents), STEP_MAX)


def go_on(tx: Transaction, limit: int) -> int:
    """Tell what earlier transactions left."""
    left = tx.rows("families", {"limit": limit})
    return _tell(tx, [row[0] for row in left], limit) if left else 0


def _tell(tx: Transaction, todo: list[int], budget: int) -> int:
    told = 0
    while todo and told < budget:
        parent = todo.pop()
        room = budget - told
        count, dependants = _tell_children(tx, parent, room)
        told += count
        todo += dependants
        if count == room:
            tx.change("remember_family", {"parent_id": parent})
        else:
            tx.change("forget_family", {"parent_id": parent})
    for parent in todo:
        tx.change("remember_family", {"parent_id": parent})
    return told


def _tell_children(tx: Transaction, parent: int, limit: int) -> tuple[int, list[int]]:
    """Tell up to `limit` dependants; answers how many, and which of them now have dependants of their own to tell."""
    verdict = tx.row("verdict", {"id": parent})
    if verdict is None or not State(verdict[0]).is_final:
        return 0, []
    children = [Child(*row) for row in tx.rows("waiting_children", {"parent_id": parent, "limit": limit})]
    if not children:
        return 0, []
    state, code, reason = verdict
    why = reason if code == "parent_failed" and reason else f"job {parent} ended {state}"
    outcome = State(state)
    told_too = [child.id for child in children if tell_child(tx, child, outcome, why) and child.has_dependants]
    tx.change("mark_told", {"parent_id": parent, "ids": as_json([child.id for child in children])})
    return len(children), told_too


class Child(msgspec.Struct, frozen=True, gc=False):
    """A job that waits."""

    id: int
    parents_left: int
    due_us: int
    has_dependants: int
    ties: int
    condition: str | None
    outcomes: int


def tell_child(tx: Transaction, child: Child, outcome: State, why: str) -> bool:
    """One thing that it waits for, a job or a batch, has ended so; answers whether it has ended by that itself."""
    if child.ties:
        tx.touched.add(child.id)
    condition = read_condition(child.condition)
    bits = 0 if condition is None else child.outcomes | as_bits((outcome,))
    ended = (outcome,) if condition is None else from_bits(bits)
    left = max(0, child.parents_left - 1)
    match next_step(condition, ended, left):
        case Next.CANCEL:
            tx.change("cancel_child", {"id": child.id, "now": tx.now_us, "reason": why})
        case Next.SKIP:
            reason = why_skipped(condition, ended)
            tx.change("skip_child", {"id": child.id, "now": tx.now_us, "reason": reason, "outcomes": bits})
        case Next.WAIT | Next.RUN:
            _release(tx, child, left, bits)
            return False
    tx.ended.append(Bystander(child.id, was_running=False))
    return True


def _release(tx: Transaction, child: Child, left: int, bits: int) -> None:
    state = State.WAITING
    if left == 0:
        state = State.SCHEDULED if child.due_us > tx.now_us else State.QUEUED
        tx.wake = True
    values = {"id": child.id, "parents_left": left, "state": state.value, "outcomes": bits}
    tx.change("release_child", values)
