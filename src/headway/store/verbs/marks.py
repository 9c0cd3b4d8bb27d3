"""Marks: what a job's own transaction wrote beside its data, so that the job is done, whatever becomes of its attempt.

A mark is written by a foreign connection, without our lock. So it is looked for wherever an attempt ends in another way than by
success; an attempt that succeeds has nothing to look for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec.structs import replace

from headway.model.job import State
from headway.model.outcome import EndKind, LogLine, Report, Settlement
from headway.store.verbs.transaction import Transaction, as_json

KEPT_US: Final = 3600 * 1_000_000
"""A mark outlives its job's end for so long: a run that stood still meanwhile meets it when it goes on."""
WARNING: Final = 30
"""The level of a log line, as in `logging`."""
BY_MARK: Final = "its own transaction was committed"


def marks(tx: Transaction, ids: Sequence[int]) -> dict[int, str | None]:
    """Which of these jobs are done by their own transactions, with the results that these gave them."""
    return dict(tx.rows("marks", {"ids": as_json(ids)})) if ids else {}


def as_done(one: Settlement, result: str | None) -> Settlement:
    """The attempt's end where the job is done: what it raised or was told afterwards changes nothing any more."""
    return replace(
        one,
        state=State.COMPLETED,
        kind=EndKind.RETURNED,
        due_delay_us=0,
        suspect=0,
        result=result,
        result_size=None,
        code=None,
        reason=_reason(one),
        error=None,
        children=one.children if one.kind is EndKind.RETURNED else None,
    )


def without_children(one: Settlement, code: str, reason: str) -> Settlement:
    """The end of a job that is done and whose children are refused: completed, with a word and a line in its log about them."""
    told = Report(one.id, one.epoch) if one.report is None else one.report
    line = LogLine(one.finished_us, WARNING, reason)
    return replace(
        one, code=code, reason=f"{BY_MARK}; {reason}", children=None, report=replace(told, lines=(*told.lines, line))
    )


def done_of(tx: Transaction, node_id: int) -> list[Settlement]:
    """The ends of those jobs of a node that are done, though their attempts said nothing."""
    return [_settlement(tx, *row) for row in tx.rows("marked_running", {"node_id": node_id})]


def forget_marks(tx: Transaction) -> None:
    """Of jobs that ended a while ago."""
    tx.change("forget_marks", {"before": tx.now_us - KEPT_US})


def _reason(one: Settlement) -> str:
    if one.kind is EndKind.RETURNED:
        return BY_MARK
    return f"{BY_MARK}; afterwards its attempt ended {one.kind}" + (f": {one.reason}" if one.reason else "")


def _settlement(tx: Transaction, *row: Any) -> Settlement:
    job_id, epoch, started_us, tries, crashes, result = row
    return Settlement(
        id=job_id,
        epoch=epoch,
        state=State.COMPLETED,
        kind=EndKind.RETURNED,
        started_us=started_us,
        finished_us=tx.now_us,
        due_delay_us=0,
        tries=tries,
        crashes=crashes,
        suspect=0,
        result=result,
        reason=BY_MARK,
    )
