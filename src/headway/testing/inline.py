"""`inline`: a job runs when it is enqueued, and its error surfaces there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from headway.model.callback import NewCallback, as_text, read_callback
from headway.model.claim import NewJob
from headway.model.errors import HeadwayError
from headway.model.job import State
from headway.store.batching import Created, NewBatch
from headway.store.protocol import Enqueued, JobFilter, Operation
from headway.store.revision import Replayed
from headway.testing.clock import FakeClock
from headway.testing.hearing import HeardStore
from headway.testing.stage import Stage
from headway.testing.switch import staged
from headway.testing.world import RUNS_MAX, DrainEndless, Steps, World, adrive, drive

if TYPE_CHECKING:
    from headway.client.call import Call
    from headway.client.callbacks import Callbacks
    from headway.client.jobs import Jobs
    from headway.store.place import Place

T = TypeVar("T")

DEPTH_MAX: Final = 30
"""Jobs that enqueue jobs that enqueue jobs ..."""
BAND: Final = 10_000
"""More than any priority: what a running job enqueues comes before what waits outside."""
RUNNING: Final[ContextVar[tuple[InlineStage, ...]]] = ContextVar("headway_testing_inline", default=())
"""The stage of each job that is being run here, outermost first."""


ENQUEUEING: Final = frozenset({"enqueue", "create_batch", "seal_batch", "cancel_batch", "trigger"})
"""Verbs after which there may be something to run: what was asked for, or the calls of a batch that has ended."""

CANCELLING: Final = frozenset({"cancel", "cancel_batch"})
"""Verbs after which hooks may be told that jobs were cancelled."""


class TooDeep(HeadwayError):
    """Jobs enqueued each other more than <n> deep; where each runs at once that never ends: test them with manual(...)."""


class InlineStore(HeardStore):
    """A store after whose enqueue the jobs are run before it answers."""

    def __init__(self, place: Place, stage: InlineStage) -> None:
        super().__init__(place, stage)
        self._stage = stage

    def enqueue(self, jobs: Sequence[NewJob]) -> Operation[list[Enqueued]]:
        """Insert all jobs or none, due at once."""
        return super().enqueue(self._at_once(jobs))

    def create_batch(self, batch: NewBatch, jobs: Sequence[NewJob] = (), *, sealed: bool = False) -> Operation[Created]:
        """Create a batch with jobs in it, due at once."""
        return super().create_batch(batch, self._at_once(jobs), sealed=sealed)

    def _at_once(self, jobs: Sequence[NewJob]) -> list[NewJob]:
        rise = BAND * self._stage.depth()
        return [_at_once(job, rise) for job in jobs]

    def call(self, operation: Operation[T]) -> T:
        """Run it, and after an enqueue the jobs too."""
        answer = super().call(operation)
        if operation.verb in ENQUEUEING:
            self._stage.run(_enqueued(answer))
        if (again := self._replayed(answer)) is not None:
            self._stage.run([again])
        if operation.verb in CANCELLING:
            self._stage.tell()
        return answer

    async def acall(self, operation: Operation[T]) -> T:
        """The same, awaited."""
        answer = await super().acall(operation)
        if operation.verb in ENQUEUEING:
            await self._stage.arun(_enqueued(answer))
        if (again := self._replayed(answer)) is not None:
            await self._stage.arun([again])
        if operation.verb in CANCELLING:
            await self._stage.atell()
        return answer

    def _replayed(self, answer: object) -> Enqueued | None:
        """The new job of a replay; inside a job it waits until that has ended."""
        return answer.enqueued if isinstance(answer, Replayed) and not self._stage.depth() else None


def _at_once(job: NewJob, rise: int) -> NewJob:
    """The job, due at once and before all that waits outside; and so its callback."""
    callback = job.callback
    if callback is not None:
        then = read_callback(callback)
        callback = as_text(NewCallback(job=_at_once(then.job, rise), argument=then.argument))
    return msgspec.structs.replace(job, due_us=None, delay_us=0, priority=job.priority + rise, callback=callback)


def _enqueued(answer: object) -> list[Enqueued]:
    match answer:
        case Created():
            return list(answer.jobs)
        case list():
            return answer
        case _:
            return []


class InlineStage(Stage):
    """Runs what is enqueued."""

    hint = "its attempt failed or asked for later, and inside inline(...) nothing runs later"

    def __init__(self, jobs: Jobs, clock: FakeClock) -> None:
        super().__init__(jobs, clock)
        self._wanted: dict[str, Callbacks] = {}
        """By reference: of calls that are about to be stored."""
        self.world = World(self)

    def open_store(self, place: Place) -> InlineStore:
        """Make the store."""
        return InlineStore(place, self)

    def depth(self) -> int:
        """How many jobs of this stage run around what happens now."""
        return RUNNING.get().count(self)

    def encoded(self, call: Call[Any], job: NewJob) -> None:
        """A call was made a job: its callbacks are wanted before the enqueue answers, or raises what failed the job."""
        callbacks = call.plan.callbacks
        if callbacks is None:
            self._wanted.pop(job.ref_id, None)
        else:
            self._wanted[job.ref_id] = callbacks.here()

    def run(self, enqueued: list[Enqueued]) -> None:
        """Run what was enqueued; raise the first error."""
        self._listen_for(enqueued)
        outer = self._enter()
        try:
            drive(self._steps(enqueued), self.world.performer.run)
        finally:
            RUNNING.set(outer)

    async def arun(self, enqueued: list[Enqueued]) -> None:
        """The same inside a running loop."""
        self._listen_for(enqueued)
        outer = self._enter()
        try:
            await adrive(self._steps(enqueued), self.world.performer.arun)
        finally:
            RUNNING.set(outer)
            await self.hearing.rest()

    def _listen_for(self, enqueued: list[Enqueued]) -> None:
        for one in enqueued:
            callbacks = self._wanted.pop(one.asked or one.ref_id, None)
            if callbacks is not None:
                self.hearing.add(one.id, callbacks)
        self.hearing.look(self.store)  # one that was there may have ended

    def tell(self) -> None:
        """Call the hooks for what was cancelled."""
        drive(self.world.tell(), self.world.performer.run)

    async def atell(self) -> None:
        """The same inside a running loop."""
        await adrive(self.world.tell(), self.world.performer.arun)

    def _enter(self) -> tuple[InlineStage, ...]:
        outer = RUNNING.get()
        if self.depth() >= DEPTH_MAX:
            raise TooDeep(
                f"jobs enqueued each other more than {DEPTH_MAX} deep; where each runs at once that never ends: "
                "test them with manual(...)"
            )
        RUNNING.set((*outer, self))
        return outer

    def _steps(self, enqueued: list[Enqueued]) -> Steps[None]:
        """Outermost: everything, dependants and tied calls too. Inside a job: just these, which are ahead of all others."""
        new = sum(one.state is State.QUEUED and not one.existing for one in enqueued)
        most = RUNS_MAX if self.depth() == 1 else new
        errors: list[BaseException] = []
        runs = 0
        while runs < most or (most < RUNS_MAX and self._waits_for_callbacks(enqueued)):
            runs += 1
            outcome = yield from self.world.one()
            if outcome is None:
                break
            if isinstance(outcome.error, TooDeep):
                raise outcome.error
            if outcome.error is not None:
                errors.append(outcome.error)
        else:
            if most == RUNS_MAX:
                raise DrainEndless(
                    f"{most:,} attempts were run, and there may be more: test these jobs with manual(...)"
                )
        if errors:
            raise errors[0]

    def _waits_for_callbacks(self, enqueued: list[Enqueued]) -> bool:
        """Whether one of these has a callback that is ready to run."""
        reader = self.store.reader
        states = reader.call(reader.states([one.id for one in enqueued]))
        executed = [job for job, state in states.items() if state is State.EXECUTED]
        filters = [JobFilter(states=(State.QUEUED,), parent_id=job) for job in executed]
        return any(row.callback_of == one.parent_id for one in filters for row in reader.call(reader.page(one)).rows)


@contextmanager
def inline(jobs: Jobs, *, clock: FakeClock | None = None) -> Iterator[World]:
    """Run each job when it is enqueued, in the with-block. What its body raises is raised from the enqueue.

    The same path with a real, temporary store: after `enqueue` the job has ended and its result is there. Delays do
    not count. A failed attempt is not tried again, whatever its retries: they wait for a moment that does not come
    while the clock stands still. Inside a running loop `await job.aenqueue(...)` runs coroutines on that loop.
    """
    with staged(InlineStage(jobs, FakeClock.at_present() if clock is None else clock)) as stage:
        stage.world.performer.open()
        try:
            yield stage.world
        finally:
            stage.world.performer.close()
