"""What the store's verbs about batches take and give, and what they promise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from headway.model.batch import BatchRow
from headway.model.claim import NewJob
from headway.store.awaited import Awaited
from headway.store.operation import Operation
from headway.store.values import CancelAnswer, Enqueued


class NewBatch(msgspec.Struct, frozen=True, kw_only=True):
    """One batch to create."""

    app: str
    name: str
    parent: int | None = None
    """The number of the batch that it becomes a part of."""
    expected: int | None = None
    """So many jobs will come; then it seals itself."""
    created_by: str | None = None
    on_finish: NewJob | None = None
    """Inserted once, when everything in it has ended for the first time."""
    on_success: NewJob | None = None
    """Inserted once, when everything in it has ended well for the first time."""
    tenant: str | None = None
    """For whom its jobs are done that do not say it themselves."""


class Created(msgspec.Struct, frozen=True, kw_only=True):
    """Answer to a NewBatch."""

    id: int
    jobs: tuple[Enqueued, ...]


class BatchCancelled(msgspec.Struct, frozen=True, kw_only=True):
    """What a step of cancelling a batch did."""

    answer: CancelAnswer
    jobs: int
    """So many jobs were cancelled or asked to stop in this step."""
    more: bool
    """There is more to do: ask again, or leave it to `tend`."""


class BatchVerbs(Protocol):
    """Batches: counted in the transaction that changes a job's state, ended in the transaction of their last job's end."""

    def create_batch(self, batch: NewBatch, jobs: Sequence[NewJob] = (), *, sealed: bool = False) -> Operation[Created]:
        """Create a batch with these jobs in it, in one transaction; `sealed`: no more will come.

        BatchExists when the app has one of that name; BatchNotFound or BatchClosed for a parent that is not there or
        closed; BatchFull when there are more jobs than expected. With NewJob.batch `enqueue` adds to it later.
        """
        ...

    def seal_batch(self, batch_id: int) -> Operation[bool]:
        """No more jobs will come, so it may end, and does so at once if nothing is left; idempotent. Whether it was open."""
        ...

    def cancel_batch(self, batch_id: int, *, by: str | None = None, limit: int = 1000) -> Operation[BatchCancelled]:
        """Cancel it and the batches in it: sealed at once, their jobs in steps of `limit`, the rest by asking again or by `tend`.

        Its callbacks follow as usual: `on_finish` when all have ended, `on_success` never.
        """
        ...


class BatchReads(Protocol):
    """Looking at batches."""

    def batch(self, name_or_id: str | int, *, app: str | None = None) -> Operation[BatchRow | None]:
        """One batch, by its name or its number; without an app the newest of that name."""
        ...

    def batches(
        self,
        *,
        app: str | None = None,
        active: bool = False,
        limit: int = 50,
        before_id: int | None = None,
        tenant: str | None = None,
    ) -> Operation[tuple[BatchRow, ...]]:
        """Batches, newest first; `active`: only those that have not ended; `tenant`: only those of this one."""
        ...

    def awaited(self, job_id: int) -> Operation[tuple[Awaited, ...]]:
        """The batches that a job was told to wait for, by name; also those that nobody has created yet."""
        ...
