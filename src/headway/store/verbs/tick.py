"""Ticks: one for each instant that was judged by itself. It follows its job to the end, and keeps how that was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from headway.model.job import State
from headway.model.outcome import ErrorText
from headway.model.tie import Tie
from headway.store.verbs.standing import ERROR_MAX
from headway.store.verbs.transaction import Transaction, as_json

if TYPE_CHECKING:
    from headway.store.verbs.aftermath import Touched

SCHEDULE_FACT: Final = "headway:schedule"
"""The fact by which lists find the jobs of a schedule."""
TICKS_KEPT: Final = 100
"""Of a schedule, the newest that have ended."""


def taken(tx: Transaction, instants: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those of these instants (each with its schedule) that have a tick: they never run again."""
    return set(tx.rows("ticks_at", {"instants": as_json(instants)})) if instants else set()


def prune(tx: Transaction, schedule_id: int) -> None:
    """Delete the old ones."""
    tx.change("prune_ticks", {"id": schedule_id, "kept": TICKS_KEPT})


def follow_ticks(tx: Transaction, jobs: Sequence[Touched]) -> None:
    """Write down how these runs ended, or that they have not, after all."""
    ids = [job.id for job in jobs if job.ties & Tie.RECURRING]
    rows = tx.rows("changed_ticks", {"ids": as_json(ids)}) if ids else []
    if not rows:
        return
    tx.many("end_tick", [_end(*row) for row in rows])
    good = [(row[5], row[0]) for row in rows if row[3] == State.COMPLETED]
    if good:
        tx.many("note_success", good)


def _end(
    schedule_id: int,
    instant: int,
    by_hand: int,
    state: str,
    started: int | None,
    finished: int | None,
    code: str | None,
    reason: str | None,
    error: str | None,
) -> tuple[Any, ...]:
    if finished is None:
        return (None, None, None, None, None, schedule_id, instant, by_hand)
    text = None if state == State.COMPLETED else _text(reason, error)
    return (state, started, finished, code, text, schedule_id, instant, by_hand)


def _text(reason: str | None, error: str | None) -> str | None:
    """Why it did not end well: the reason, or the message of the last attempt's error."""
    if reason is not None or error is None:
        return None if reason is None else reason[:ERROR_MAX]
    found = msgspec.json.decode(error, type=ErrorText)
    return f"{found.type}: {found.message}"[:ERROR_MAX]
