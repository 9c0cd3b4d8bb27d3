"""What the tests of batches say in one word each."""

from typing import Any

from headway.model.batch import BatchRow
from headway.model.claim import NewJob
from headway.model.job import State
from headway.store.batching import BatchCancelled, NewBatch
from headway.store.protocol import JobFilter
from tests.conformance.world import World, new

APP = "default"


def call(ref_id: str, **facts: Any) -> NewJob:
    """What a batch inserts at its end."""
    return new(ref_id, name="other", **facts)


def create(world: World, name: str, *jobs: NewJob, sealed: bool = False, **facts: Any) -> int:
    """Create a batch with these jobs; its number."""
    batch = NewBatch(app=APP, name=name, **facts)
    return world.store.call(world.store.create_batch(batch, jobs, sealed=sealed)).id


def seal(world: World, batch: int) -> bool:
    return world.store.call(world.store.seal_batch(batch))


def cancel(world: World, batch: int, **facts: Any) -> BatchCancelled:
    return world.store.call(world.store.cancel_batch(batch, **facts))


def look(world: World, name_or_id: str | int) -> BatchRow:
    row = world.store.reader.call(world.store.reader.batch(name_or_id, app=APP))
    assert row is not None, f"batch {name_or_id} is nowhere"
    return row


def counts(world: World, batch: str | int) -> dict[str, int]:
    """How many jobs it counts under each end, without those that nobody has; and all of them."""
    row = look(world, batch)
    ends = {state.value: getattr(row, state.value) for state in State if state.is_final}
    return {"jobs": row.jobs} | {name: count for name, count in ends.items() if count}


def members(world: World, batch: int) -> list[int]:
    """Its jobs, oldest first."""
    rows = world.store.reader.call(world.store.reader.page(JobFilter(), limit=1000)).rows
    return sorted(row.id for row in rows if row.batch == batch)


def calls(world: World, *names: str) -> list[str]:
    """The callback jobs that are stored under other references than the members."""
    rows = world.store.reader.call(world.store.reader.page(JobFilter(names=("other",)), limit=1000)).rows
    return sorted(row.ref_id for row in rows if not names or row.ref_id in names)
