"""What a recording keeps of batches: their calls, and the calls that were to follow them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from headway.store.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from headway.client.call import Call
    from headway.client.job import Job
    from headway.model.claim import NewJob
    from headway.model.clock import Clock
    from headway.store.batching import Created, NewBatch
    from headway.store.operation import Operation
    from headway.store.place import Place

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBatch:
    """A batch that the code under test made, as it was when it was asked for."""

    name: str
    calls: tuple[Call[Any], ...]
    """What was added to it and stored, in order; `Sent.all` has these too."""
    on_finish: Call[Any] | None
    """What was to be enqueued once everything had ended. It is in no other list: nothing has ended."""
    on_success: Call[Any] | None
    """And once everything had ended well."""
    total: int | None
    parent: str | None
    """The name of the batch that it is a part of."""
    closed: bool
    """Whether nothing can be added any more: after its block, its close, its total or its cancel."""
    cancelled: bool

    def of(self, job: Job[..., R]) -> list[Call[R]]:
        """Its calls of one job."""
        return [call for call in self.calls if call.name == job.name]

    def __len__(self) -> int:
        return len(self.calls)


class BatchNotingStore(SqliteStore):
    """A store that says which batches were created in it, with the calls that are to follow them."""

    def __init__(self, place: Place, clock: Clock, noted: Callable[[int, NewBatch], None]) -> None:
        super().__init__(place, clock, durability="relaxed")
        self._noted = noted

    def create_batch(self, batch: NewBatch, jobs: Sequence[NewJob] = (), *, sealed: bool = False) -> Operation[Created]:
        """Create it, and say so; what is rolled back afterwards was said too."""
        made = super().create_batch(batch, jobs, sealed=sealed)

        def run(tx: Any) -> Created:
            created = made.run(tx)
            self._noted(created.id, batch)
            return created

        return replace(made, run=run)
