"""What people ask for beside single jobs: batches and gates of queues. Repeated, as everything, where no answer came."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, Final

from headway.model.errors import (
    BatchClosed,
    BatchCycle,
    BatchExists,
    BatchFull,
    BatchNotFound,
    DuplicateJob,
    DuplicateRefId,
    ScheduleBusy,
    ScheduleManaged,
    ScheduleNotFound,
)
from headway.model.rate import Window
from headway.store.batching import NewBatch
from tests.simulator.flow import QUEUES, SECOND_US, SPAN_US, batch_call
from tests.simulator.script import Deed

if TYPE_CHECKING:
    from tests.simulator.user import User

REFUSALS: Final = (
    *(BatchClosed, BatchCycle, BatchExists, BatchFull, BatchNotFound, DuplicateJob, DuplicateRefId),
    *(ScheduleBusy, ScheduleManaged, ScheduleNotFound),
)
"""Answers with which a request is over."""
BY: Final = "ann"
SIZES: Final = (None, 1, 1, 2)
RATES: Final = (None, Window(1, SECOND_US), Window(2, SPAN_US), Window(3, SPAN_US))
CALL_RATE: Final = 0.7
NESTED_RATE: Final = 0.35


class Requests:
    """The part of a user that knows batches by their names."""

    def __init__(self, user: User) -> None:
        self._user = user
        self._world = user.world
        self.names = tuple(f"B{one.number}" for one in user.world.script.incidents if one.deed is Deed.BATCH)
        """Of all batches that will be asked for; anybody may wait for them before."""
        self.open: dict[str, int] = {}
        """Acknowledged, and not closed as far as anybody was told."""
        self.known: dict[str, int] = {}
        """Acknowledged."""

    def batch(self, number: int, draw: Random) -> None:
        """A new one: whole, or to be filled."""
        user, name = self._user, f"B{number}"
        parent = draw.choice([*self.open.values()]) if self.open and draw.random() < NESTED_RATE else None
        count = draw.choice((0, 1, 2, 2, 3, 4))
        closed = draw.random() < CLOSED_RATE
        jobs = [user.job(f"m{number}.{index}", draw, _after(user, draw)) for index in range(count)]
        expected = None if closed or draw.random() < OPEN_RATE else count + draw.choice((0, 1))
        batch = NewBatch(
            app="default",
            name=name,
            parent=parent,
            expected=expected,
            on_finish=batch_call("finish", name, draw) if draw.random() < CALL_RATE else None,
            on_success=batch_call("success", name, draw) if draw.random() < CALL_RATE else None,
        )
        self._world.record.wanted.update((job.ref_id, job) for job in jobs)

        def answered(created: Any) -> None:
            self._created(name, created.id, closed=closed)
            user.acknowledged(jobs, list(created.jobs))

        operation = user.store.create_batch(batch, jobs, sealed=closed)
        user.ask(f"create {name}", lambda: operation, answered, draw, refused=self._exists)

    def add(self, number: int, draw: Random) -> None:
        """One or two more; without a batch to add to, a new one."""
        if not self.known:
            self.batch(number, draw)
            return
        user, batch = self._user, draw.choice([*(self.open or self.known).values()])
        count = draw.choice((1, 2))
        user.send([user.job(f"a{number}.{index}", draw, _after(user, draw), batch) for index in range(count)], draw)

    def close(self, draw: Random) -> None:
        """Say that it is whole."""
        if self.open:
            name = draw.choice([*self.open])
            self.seal(self.open.pop(name), draw)

    def seal(self, batch: int, draw: Random) -> None:
        """The same, of any."""
        user = self._user
        user.ask(f"close batch {batch}", lambda: user.store.seal_batch(batch), _nothing, draw)

    def drop(self, draw: Random) -> None:
        """Cancel one."""
        if self.known:
            user, batch = self._user, draw.choice([*self.known.values()])
            user.ask(f"cancel batch {batch}", lambda: user.store.cancel_batch(batch, by=BY), _nothing, draw)

    def gate(self, draw: Random) -> None:
        """Set something for a queue."""
        store, queue = self._user.store, draw.choice(QUEUES)
        size, rate = draw.choice(SIZES), draw.choice(RATES)
        verbs = (
            (f"pause {queue}", lambda: store.pause_queue(queue, app="default", by=BY)),
            (f"resume {queue}", lambda: store.resume_queue(queue, app="default")),
            (f"size {queue} {size}", lambda: store.size_queue(queue, size, app="default")),
            (f"rate {queue} {rate}", lambda: store.rate_queue(queue, rate, app="default")),
        )
        words, make = draw.choice(verbs)
        self._user.ask(words, make, _nothing, draw)

    def mend(self) -> None:
        """In the end: open every queue, close every batch, and make those that somebody waits for and nobody made."""
        user, record, draw = self._user, self._world.record, Random(0)
        for queue, gate in [*record.gates.items()]:
            if gate.paused_us is not None:
                make = partial(user.store.resume_queue, queue, app="default")
                user.ask(f"resume {queue}", make, _nothing, draw)
        for batch in [*record.batches.values()]:
            if batch.sealed_us is None:
                self.seal(batch.id, draw)
        there = {batch.name for batch in record.batches.values()}
        waiting = [row.ref_id for row in record.rows.values() if row.state == "waiting"]
        awaited = {name for ref in waiting if ref in record.wanted for name in record.wanted[ref].after_batches}
        for name in sorted(awaited - there):
            new = NewBatch(app="default", name=name)
            user.ask(f"create {name}", partial(user.store.create_batch, new, (), sealed=True), _nothing, draw)

    def _created(self, name: str, batch: int, *, closed: bool) -> None:
        self.known[name] = batch
        if not closed:
            self.open[name] = batch

    def _exists(self, error: Exception) -> None:
        """Asked once more, it is there already: found by its name, as by `get_batch`."""
        if isinstance(error, BatchExists):
            for batch in self._world.record.batches.values():
                if batch.name in str(error).split("'"):
                    self._created(batch.name, batch.id, closed=batch.sealed_us is not None)


def _after(user: User, draw: Random) -> tuple[int, ...]:
    if not user.sent or draw.random() > AFTER_RATE:
        return ()
    return (user.world.record.id_of[draw.choice(user.sent).ref_id],)


CLOSED_RATE: Final = 0.5
OPEN_RATE: Final = 0.6
AFTER_RATE: Final = 0.25


def _nothing(_answer: object) -> None:
    """Nobody needs it."""
