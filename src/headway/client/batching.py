"""The half of `Jobs` that makes, finds and cancels batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headway.client import checks
from headway.client.nodes import Staffing
from headway.model.batch import BatchRef, BatchRow, BatchStatus, status_of
from headway.model.errors import BatchNotFound, HandlerRefused, OptionInvalid
from headway.model.naming import check_name
from headway.model.tenant import current_tenant
from headway.store.batching import NewBatch
from headway.store.protocol import CancelAnswer, Operation

if TYPE_CHECKING:
    from headway.client.batch import Batch
    from headway.client.call import Call
    from headway.client.drafting import Draft
    from headway.model.claim import NewJob

TOTAL_MAX: Final = 1_000_000_000


class Batching(Staffing):
    """Batches of this app."""

    def batch(
        self,
        name: str | None = None,
        *,
        on_success: Call[Any] | None = None,
        on_finish: Call[Any] | None = None,
        total: int | None = None,
        parent: checks.StoredBatch | None = None,
        created_by: str | None = None,
    ) -> Draft:
        """A batch to be filled in a `with` (or `async with`) block, and stored at its end: whole or not at all.

        `on_finish` is enqueued once, when everything in it has ended for the first time; `on_success` once, when
        everything has ended well. Both find the counts in `ctx.batch`. BatchExists if the name is taken; without a
        name it gets a random one. With `total` it stays open until so many jobs came. As a part of `parent` it is
        waited for by that.
        """
        from headway.client.drafting import Draft

        return Draft(self, self._new_batch(name, on_success, on_finish, total, parent, created_by))

    def open_batch(
        self,
        name: str | None = None,
        *,
        on_success: Call[Any] | None = None,
        on_finish: Call[Any] | None = None,
        total: int | None = None,
        parent: checks.StoredBatch | None = None,
        created_by: str | None = None,
    ) -> Batch:
        """A batch that is stored now, and gets its jobs bit by bit, from any process, until `close()` or its total.

        The arguments are those of `batch`. Its jobs may start at once; it ends only after it was closed.
        """
        from headway.client.batch import Batch

        new = self._new_batch(name, on_success, on_finish, total, parent, created_by)
        return Batch(self, name=new.name, id=self.store.call(self.store.create_batch(new)).id, tenant=new.tenant)

    async def aopen_batch(
        self,
        name: str | None = None,
        *,
        on_success: Call[Any] | None = None,
        on_finish: Call[Any] | None = None,
        total: int | None = None,
        parent: checks.StoredBatch | None = None,
        created_by: str | None = None,
    ) -> Batch:
        """The same, awaited."""
        from headway.client.batch import Batch

        new = self._new_batch(name, on_success, on_finish, total, parent, created_by)
        created = await self.store.acall(self.store.create_batch(new))
        return Batch(self, name=new.name, id=created.id, tenant=new.tenant)

    def get_batch(self, name: str) -> Batch:
        """The batch of this name: `.status()`, `.enqueue(...)`, `.wait()`; BatchNotFound if there is none in this app."""
        return self._got_batch(name, self.store.reader.call(self._batch_named(name)))

    async def aget_batch(self, name: str) -> Batch:
        """The batch of this name: `.status()`, `.enqueue(...)`, `.wait()`; BatchNotFound if there is none in this app."""
        return self._got_batch(name, await self.store.reader.acall(self._batch_named(name)))

    def batch_ref(self, name: str) -> BatchRef:
        """A batch by its name alone, for `depends_on=`: it need not be there yet. The job waits until it came and ended."""
        return BatchRef(self.app, check_name("batch name", name))

    def cancel_batch(self, name: str, by: str | None = None) -> CancelAnswer:
        """Cancel a batch with all its jobs; see `Batch.cancel`."""
        return self.get_batch(name).cancel(by)

    async def acancel_batch(self, name: str, by: str | None = None) -> CancelAnswer:
        """Cancel a batch with all its jobs; see `Batch.cancel`."""
        return await (await self.aget_batch(name)).acancel(by)

    def batches(self, *, limit: int = 50, before_id: int | None = None) -> tuple[BatchStatus, ...]:
        """Batches, newest first: give the last one's `id` as `before_id` to go on."""
        reader = self.store.reader
        rows = reader.call(reader.batches(app=self.app, limit=limit, before_id=before_id))
        return tuple(map(status_of, rows))

    async def abatches(self, *, limit: int = 50, before_id: int | None = None) -> tuple[BatchStatus, ...]:
        """Batches, newest first: give the last one's `id` as `before_id` to go on."""
        reader = self.store.reader
        rows = await reader.acall(reader.batches(app=self.app, limit=limit, before_id=before_id))
        return tuple(map(status_of, rows))

    def _batch_named(self, name: str) -> Operation[BatchRow | None]:
        return self.store.reader.batch(check_name("batch name", name), app=self.app)

    def _got_batch(self, name: str, row: BatchRow | None) -> Batch:
        from headway.client.batch import Batch, why_none

        if row is None:
            raise BatchNotFound(why_none(self, name))
        return Batch(self, name=row.name, id=row.id, tenant=row.tenant)

    def _new_batch(
        self,
        name: str | None,
        on_success: Call[Any] | None,
        on_finish: Call[Any] | None,
        total: int | None,
        parent: checks.StoredBatch | None,
        created_by: str | None,
    ) -> NewBatch:
        outer = None if parent is None else checks.batch("parent", parent)
        if outer is not None and outer.app != self.app:
            raise OptionInvalid(f"the batch {outer.name!r} belongs to the app {outer.app!r}, not to {self.app!r}")
        return NewBatch(
            app=self.app,
            name=check_name("batch name", self.ref_ids.new() if name is None else name),
            parent=None if outer is None else outer.id,
            expected=None if total is None else _count("total", total),
            created_by=None if created_by is None else check_name("created_by", created_by),
            on_finish=self._batch_call("on_finish", on_finish),
            on_success=self._batch_call("on_success", on_success),
            tenant=current_tenant(),
        )

    def _batch_call(self, option: str, call: Call[Any] | None) -> NewJob | None:
        """The job that a batch inserts at its end: what could fail then is refused now."""
        if call is None:
            return None
        try:
            job, callbacks = self.prepare_call(call)
        except HandlerRefused as error:
            what = f": {error}" if callable(call) else f" takes what job.call(...) returns, not {call!r}"
            raise HandlerRefused(option + what) from error
        refused = {
            "on_success and on_failure": callbacks is not None,
            "depends_on": job.depends_on or job.after_batches,
            "when": job.condition,
            "batch": job.batch is not None,
            "unique_key": job.unique_key,
            "expires": job.expires_us,
        }
        for name, given in refused.items():
            if given:
                raise OptionInvalid(
                    f"{option}: {job.name} is enqueued when the batch ends, with no {name}: leave it out"
                )
        return job


def _count(option: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= TOTAL_MAX:
        raise OptionInvalid(f"{option} must be an integer from 0 to {TOTAL_MAX:,}, not {value!r}")
    return value
