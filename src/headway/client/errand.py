"""An errand on all jobs that a filter names: looked up page by page, done chunk by chunk, each chunk one short transaction.

`jobs.cancel_many`, `jobs.retry_many`, `jobs.delete_many` and the command line run errands; the store is all that one needs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Generic

from msgspec.structs import replace

from headway.client.admitting import CALLS_MAX
from headway.model.job import PENDING, State
from headway.store.protocol import Acted, CancelAnswer, JobFilter, JobPage, Operation, RequeueAnswer, Runs, Store
from headway.store.values import A, DeleteAnswer

PAGE: Final = 1_000
"""Jobs looked up at a time."""
CHUNK: Final = 100
"""Jobs handed over at a time; the store does as many of them in one transaction as fit into a few milliseconds."""
JOBS_MAX: Final = 1_000_000
"""No call acts on more jobs."""

CANCELLABLE: Final = tuple(state for state in State if state in PENDING or state in {State.RUNNING, State.EXECUTED})
"""What a filter without a state means to `cancel_many`."""
DELETABLE: Final = tuple(state for state in State if state.is_final)
"""What a filter without a state means to a deletion of many."""
RETRYABLE: Final = (State.FAILED, State.CANCELLED)
"""And to `retry_many`."""

Verb = Callable[[tuple[int, ...], JobFilter], Operation[Acted[A]]]
Tell = Callable[[int, A], None]
Turns = Generator[tuple[Runs, Operation[Any]], Any, "Many[A]"]
"""One operation after the other, each answered, and at last what was done: the same text for threads and for event loops."""


@dataclass(frozen=True, slots=True)
class Many(Generic[A]):
    """What was done to many jobs."""

    counts: Mapping[A, int]
    """How many jobs had each answer; answers that nobody had are not there."""

    @property
    def total(self) -> int:
        """How many jobs the filter named when their turn came."""
        return sum(self.counts.values())


def with_states(where: JobFilter, states: tuple[State, ...]) -> JobFilter:
    """The filter; one that names no state means these."""
    return where if where.states else replace(where, states=states)


def cancelling(store: Store, by: str | None) -> Verb[CancelAnswer]:
    """Cancel some jobs that a filter names."""
    return lambda ids, where: store.cancel_many(ids, where=where, by=by)


def retrying(store: Store, by: str | None, *, revive: bool = False) -> Verb[RequeueAnswer]:
    """Reopen some jobs that a filter names."""
    return lambda ids, where: store.requeue_many(ids, where=where, by=by, revive=revive)


def deleting(store: Store, by: str | None) -> Verb[DeleteAnswer]:
    """Delete some jobs that a filter names."""
    return lambda ids, where: store.delete_many(ids, where=where, by=by)


def each(store: Store, where: JobFilter, verb: Verb[A], tell: Tell[A] | None = None) -> Turns[A]:
    """Look up a page, do it to all of that page in chunks, look up the next; `tell` hears of each job."""
    if (yield store.reader, store.unadmitted()) is not None:
        yield store, store.admit(limit=CALLS_MAX)
    counts: Counter[A] = Counter()
    before, left = None, JOBS_MAX
    while left > 0:
        page: JobPage = yield store.reader, store.reader.page(where, limit=min(PAGE, left), before_id=before)
        ids = tuple(row.id for row in page.rows)
        left -= len(ids)
        while ids:
            acted: Acted[A] = yield store, verb(ids[:CHUNK], where)
            ids = ids[acted.seen :]
            for job, answer in acted.answers:
                counts[answer] += 1
                if tell is not None:
                    tell(job, answer)
        before = page.next_cursor
        if before is None:
            break
    return Many(MappingProxyType(dict(counts)))


def run(turns: Turns[A]) -> Many[A]:
    """Run every operation, blocking."""
    answer: Any = None
    while True:
        try:
            where, operation = turns.send(answer)
        except StopIteration as end:
            done: Many[A] = end.value
            return done
        answer = where.call(operation)


async def arun(turns: Turns[A]) -> Many[A]:
    """Run every operation, awaited."""
    answer: Any = None
    while True:
        try:
            where, operation = turns.send(answer)
        except StopIteration as end:
            done: Many[A] = end.value
            return done
        answer = await where.acall(operation)
