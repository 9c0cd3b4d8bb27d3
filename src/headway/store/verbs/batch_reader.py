"""Looking at batches."""

from __future__ import annotations

from typing import Final

from headway.model.batch import BatchRow
from headway.model.job import State
from headway.store.awaited import Awaited
from headway.store.operation import Operation
from headway.store.verbs.batch import batch_row, read_batches
from headway.store.verbs.transaction import Transaction

BATCHES_MAX: Final = 1_000
"""Of one page."""


class BatchReader:
    """The part of the reader that shows batches."""

    def batch(self, name_or_id: str | int, *, app: str | None = None) -> Operation[BatchRow | None]:
        """One batch."""

        def run(tx: Transaction) -> BatchRow | None:
            if isinstance(name_or_id, int):
                found = read_batches(tx, [name_or_id])
                return found[0] if found and app in {None, found[0].app} else None
            named = "batch_named" if app is None else "batch_by_name"
            row = tx.row(named, {"app": app, "name": name_or_id})
            return None if row is None else batch_row(row)

        return Operation("batch", run)

    def batches(
        self,
        *,
        app: str | None = None,
        active: bool = False,
        limit: int = 50,
        before_id: int | None = None,
        tenant: str | None = None,
    ) -> Operation[tuple[BatchRow, ...]]:
        """Batches, newest first."""
        values = {"app": app, "active": active, "limit": max(1, min(limit, BATCHES_MAX)), "before": before_id}
        values["tenant"] = tenant
        return Operation("batches", lambda tx: tuple(batch_row(row) for row in tx.rows("list_batches", values)))

    def awaited(self, job_id: int) -> Operation[tuple[Awaited, ...]]:
        """The batches that a job was told to wait for."""
        return Operation("awaited", lambda tx: awaited(tx, job_id))


def awaited(tx: Transaction, job_id: int) -> tuple[Awaited, ...]:
    """The batches that a job was told to wait for, by name."""
    return tuple(
        Awaited(
            name=name,
            exists=batch is not None,
            outcome=None if outcome is None else State(outcome),
            waits=bool(counted),
        )
        for name, batch, outcome, counted in tx.rows("awaited_batches", {"id": job_id})
    )
