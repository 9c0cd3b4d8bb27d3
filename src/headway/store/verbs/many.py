"""Acting on several jobs in one transaction that stays short: those that a filter still names, as many as the time allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from headway.store.protocol import Acted, JobFilter
from headway.store.values import A
from headway.store.verbs.select import choose, still_sql
from headway.store.verbs.transaction import Transaction, as_json

WORK_S: Final = 0.005
"""No further job is begun after that: others wait for the writer lock meanwhile."""


def act(tx: Transaction, ids: Sequence[int], where: JobFilter, verb: Callable[[int], A]) -> Acted[A]:
    """Do it to those of the ids that the filter names now, in their order, until the time is over."""
    chosen = choose(where, tx.dialect, among=True)
    rows = tx.query(still_sql(chosen), {**chosen.values, "among": as_json(list(ids))})
    named = {row[0] for row in rows}
    end = tx.clock.monotonic() + WORK_S
    answers: list[tuple[int, A]] = []
    seen = 0
    for job in ids:
        seen += 1
        if job not in named:
            continue
        answers.append((job, verb(job)))
        if tx.clock.monotonic() > end:
            break
    return Acted(answers=tuple(answers), seen=seen)
