"""Dependants: released when their parents have completed, cancelled when one ended badly. Iterative and in bounded steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from headway.model.job import State
from headway.store.presence import Bystander
from headway.store.sqlite.transaction import Transaction, as_json

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
    children = tx.rows("waiting_children", {"parent_id": parent, "limit": limit})
    if not children:
        return 0, []
    tx.touched.update(child[0] for child in children if child[4])
    state, code, reason = verdict
    told_too: list[int] = []
    if state == State.COMPLETED:
        for child, parents_left, due_us, *_ in children:
            _release(tx, child, parents_left, due_us)
    else:
        why = reason if code == "parent_failed" and reason else f"job {parent} ended {state}"
        for child, _, _, has_dependants, _ in children:
            tx.change("cancel_child", {"id": child, "now": tx.now_us, "reason": why})
            tx.ended.append(Bystander(child, was_running=False))
            if has_dependants:
                told_too.append(child)
    tx.change("mark_told", {"parent_id": parent, "ids": as_json([child[0] for child in children])})
    return len(children), told_too


def _release(tx: Transaction, child: int, parents_left: int, due_us: int) -> None:
    left = max(0, parents_left - 1)
    state = State.WAITING
    if left == 0:
        state = State.SCHEDULED if due_us > tx.now_us else State.QUEUED
        tx.wake = True
    tx.change("release_child", {"id": child, "parents_left": left, "state": state.value})
