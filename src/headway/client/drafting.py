"""A batch that is collected first and stored whole, with all its jobs, or not at all."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from headway.client.batch import Batch
from headway.client.callbacks import Callbacks
from headway.client.ref import Ref
from headway.model.errors import BatchClosed, BatchFull, OptionInvalid
from headway.store.batching import Created, NewBatch
from headway.store.protocol import Operation

if TYPE_CHECKING:
    from headway.client.call import Call
    from headway.client.sending import Sending
    from headway.model.claim import NewJob

JOBS_MAX: Final = 20_000
"""Stored in one transaction, which keeps every other writer waiting for about a second."""


class Draft(Batch):
    """What `jobs.batch(...)` returns: add calls inside its `with` block, or its `async with` block.

    At the end of the block the batch and its jobs are stored in one transaction, and it is closed (unless it was given a
    larger total, and waits for the rest). If the block raises, nothing is stored. From then on it is a batch like any other.
    """

    __slots__ = ("_added", "_new", "_refs")

    def __init__(self, core: Sending, new: NewBatch) -> None:
        super().__init__(core, name=new.name, id=None, tenant=new.tenant)
        self._new = new
        self._added: list[tuple[NewJob, Callbacks | None]] = []
        self._refs: tuple[Ref[Any], ...] = ()

    def add(self, call: Call[Any]) -> str:
        """Add a call; answers its ref_id. Nothing is stored before the end of the block."""
        if self._id is not None:
            raise BatchClosed(f"the batch {self.name!r} is stored: add with enqueue, if it is not closed")
        if len(self._added) == JOBS_MAX:
            raise OptionInvalid(
                f"the batch {self.name!r} takes at most {JOBS_MAX:,} jobs in its with block: "
                "use jobs.open_batch, enqueue_many and close"
            )
        if self._new.expected is not None and len(self._added) == self._new.expected:
            raise BatchFull(f"the batch {self.name!r} has a total of {self._new.expected} jobs, and all are there")
        job, callbacks = self._core.prepare_call(call)
        self._added.append((self._joined(job, None), callbacks))
        return job.ref_id

    @property
    def refs(self) -> tuple[Ref[Any], ...]:
        """Its jobs, in the order in which they were added; empty until it is stored."""
        return self._refs

    def __enter__(self) -> Self:
        """Begin to collect."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Store everything, or nothing if the block raised."""
        if kind is None:
            self._stored(self._core.store.call(self._creation()))

    async def __aenter__(self) -> Self:
        """Begin to collect."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Store everything, or nothing if the block raised."""
        if kind is None:
            self._stored(await self._core.store.acall(self._creation()))

    def _creation(self) -> Operation[Created]:
        if self._id is not None:
            raise BatchClosed(f"the batch {self.name!r} is stored already: one with block makes one batch")
        jobs = [job for job, _ in self._added]
        return self._core.store.create_batch(self._new, jobs, sealed=self._new.expected is None)

    def _stored(self, answer: Created) -> None:
        self._id = answer.id
        self._refs = tuple(self._core.refs(self._added, list(answer.jobs)))
