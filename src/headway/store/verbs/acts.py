"""What people did: written in the transaction that it changed something in, and read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from headway.model.errors import OptionInvalid
from headway.store.acting import Act, ActRow
from headway.store.operation import Operation
from headway.store.verbs.transaction import Row, Transaction

ACTS_MAX: Final = 1_000
"""Of one page."""
NEWEST: Final = 2**63 - 1

T = TypeVar("T")


class ActDesk:
    """The verbs of `store/acting.py` that only write down."""

    def recorded(self, operation: Operation[T], act: Callable[[T], Act | None]) -> Operation[T]:
        """The same operation, which writes an act down in its own transaction."""

        def run(tx: Transaction) -> T:
            answer = operation.run(tx)
            done = act(answer)
            if done is not None:
                write(tx, done)
            return answer

        return Operation(operation.verb, run, alone=operation.alone)  # without `jobs`: it is more than to insert them

    def note_act(self, act: Act) -> Operation[int]:
        """Write down an act that changes nothing in the store."""
        return Operation("note_act", lambda tx: write(tx, act))


class ActReader:
    """The part of the reader that shows what people did."""

    def acts(
        self,
        *,
        app: str | None = None,
        subject: str | None = None,
        subject_id: str | None = None,
        by: str | None = None,
        limit: int = 50,
        before_id: int | None = None,
    ) -> Operation[tuple[ActRow, ...]]:
        """Acts, newest first."""
        if subject is None and subject_id is not None:
            msg = f"subject_id cannot be {subject_id!r} without a subject: say of which kind it is"
            raise OptionInvalid(msg)
        statement = "acts" if subject is None else "acts_on" if subject_id is None else "acts_on_one"
        values = {
            "app": app,
            "subject": subject,
            "subject_id": subject_id,
            "by": by,
            "limit": max(1, min(limit, ACTS_MAX)),
            "before": NEWEST if before_id is None else before_id,
        }
        return Operation("acts", lambda tx: tuple(_act(row) for row in tx.rows(statement, values)))


def write(tx: Transaction, act: Act) -> int:
    """Write an act down; its number."""
    what = (act.app, act.by, act.via, act.kind, act.subject, act.subject_id, act.note)
    return tx.insert("insert_act", (tx.now_us, *what))


def _act(row: Row) -> ActRow:
    number, at_us, app, actor, via, kind, subject, subject_id, note = row
    act = Act(kind=kind, subject=subject, subject_id=subject_id, app=app, by=actor, via=via, note=note)
    return ActRow(id=number, at_us=at_us, act=act)
