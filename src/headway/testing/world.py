"""The world of one test: a store, a clock, and the jobs run when the test says so, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from headway.client.ref import Ref
from headway.client.waiting import refuse_in_loop
from headway.model.clock import from_us, to_us
from headway.model.errors import HeadwayError
from headway.model.job import State
from headway.testing.declared import next_due
from headway.testing.desk import Desk
from headway.testing.outcome import Drained, Outcome, error_of, summary
from headway.testing.performer import Performed, Performer, StartUp, Step, Telling

if TYPE_CHECKING:
    from headway.client.call import Call
    from headway.client.jobs import Jobs
    from headway.model.claim import Claim
    from headway.store.protocol import Store
    from headway.testing.clock import FakeClock
    from headway.testing.stage import Stage

R = TypeVar("R")
T = TypeVar("T")
Steps = Generator[Step, Performed | None, T]
"""What is to be done, apart from how user code is run: yields each step, is sent what a claim came to when it was run."""

RUNS_MAX: Final = 10_000
"""Attempts in one drain without a limit: more of them are jobs that enqueue themselves without end."""
AHEAD: Final = 1_000_000
"""Priority of a call that is to be the next."""


class DrainEndless(HeadwayError):
    """More than <n> attempts were run, and there are still jobs: do they enqueue each other without end? Give limit=."""


class CannotPerform(HeadwayError):
    """The job <id> (<name>) cannot be run now: it is <state>."""


class World:
    """Runs jobs by the verbs of a worker, in the thread that asks. Methods that run jobs have an `a` twin for coroutines."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._desk = Desk(stage.jobs, stage.store, stage.clock)
        self._desk.declare()
        self.performer = Performer(stage.jobs, stage.clock, self._desk.is_stopping)
        """Runs the bodies."""

    @property
    def jobs(self) -> Jobs:
        """The jobs that are tested."""
        return self._stage.jobs

    @property
    def clock(self) -> FakeClock:
        """The clock of the store and of the jobs."""
        return self._stage.clock

    @property
    def store(self) -> Store:
        """The store, which goes with the end of the block."""
        return self._stage.store

    def drain(self, until: datetime | None = None, *, limit: int | None = None, schedules: bool = False) -> Drained:
        """Run everything that is due, in the order of claims, and what becomes due by that; answers what was done.

        With `until` the clock is moved on to each moment at which a job becomes due (a delay, a retry's pause, a
        snooze), and stands at `until` in the end; without, it stands still. With `schedules=True` schedules fire too,
        each at its instants. `limit` ends it after so many attempts. A job that fails raises nothing here: look at the
        answer.
        """
        refuse_in_loop("drain", "adrain")
        return drive(self._drain(until, limit, fires=schedules), self.performer.run)

    async def adrain(
        self, until: datetime | None = None, *, limit: int | None = None, schedules: bool = False
    ) -> Drained:
        """The same inside a running loop: coroutines run on that loop, plain functions on a thread."""
        return await self._adriven(self._drain(until, limit, fires=schedules))

    def fire(self, name: str | None = None) -> Drained:
        """Let time pass until a schedule's next instant, or that of whichever is the next, and run what it fires.

        What is due on the way is done at its own moment: jobs run, and other schedules fire. CannotFire for a schedule
        that is not due ever, and where none is.
        """
        refuse_in_loop("fire", "afire")
        return drive(self._fire(name), self.performer.run)

    async def afire(self, name: str | None = None) -> Drained:
        """The same, awaited."""
        return await self._adriven(self._fire(name))

    def run_one(self) -> Outcome[Any] | None:
        """Run the next job that is due; None if none is."""
        refuse_in_loop("run_one", "arun_one")
        return drive(self.one(), self.performer.run)

    async def arun_one(self) -> Outcome[Any] | None:
        """Run the next job that is due; None if none is."""
        return await self._adriven(self.one())

    def perform(self, call: Call[R]) -> Outcome[R]:
        """Store this call, run it at once before all others (its delay does not count), and tell how it ended."""
        refuse_in_loop("perform", "aperform")
        return drive(self._perform(call), self.performer.run)

    async def aperform(self, call: Call[R]) -> Outcome[R]:
        """Store this call, run it at once before all others (its delay does not count), and tell how it ended."""
        return await self._adriven(self._perform(call))

    def one(self) -> Steps[Outcome[Any] | None]:
        """The steps of running the next job."""
        yield from self._begin()
        claim = self._desk.claim()
        yield from self.tell()
        return None if claim is None else (yield from self._attempt(claim))

    def tell(self) -> Steps[None]:
        """The steps of calling the hooks for what has happened."""
        events = self._desk.news()
        if events:
            yield Telling(events)

    # -- inside --------------------------------------------------------------------------------------------------

    async def _adriven(self, steps: Steps[T]) -> T:
        answer = await adrive(steps, self.performer.arun)
        await self._stage.hearing.rest()
        return answer

    def _begin(self) -> Steps[None]:
        """Before anything is claimed: the start-up hooks, once, and what happened since the last time, such as a cancellation."""
        yield StartUp()
        yield from self.tell()

    def _drain(self, until: datetime | None, limit: int | None, *, fires: bool) -> Steps[Drained]:
        until_us = self._until(until)
        outcomes: list[Outcome[Any]] = []
        most = RUNS_MAX if limit is None else limit
        while len(outcomes) < most:
            outcome = yield from self.one()
            if outcome is not None:
                outcomes.append(outcome)
            elif not self._goes_on(until_us, fires=fires):
                break
        else:
            if limit is None:
                raise DrainEndless(
                    f"{most:,} attempts were run, and there may be more: do jobs enqueue each other without end? Give limit="
                )
        return summary(outcomes)

    def _fire(self, name: str | None) -> Steps[Drained]:
        self._desk.declare()
        return (yield from self._drain(from_us(next_due(self.store, self.jobs.app, name)), None, fires=True))

    def _perform(self, call: Call[R]) -> Steps[Outcome[R]]:
        yield from self._begin()
        job, callbacks = self.jobs.prepare_call(call)
        job = msgspec.structs.replace(job, priority=AHEAD, due_us=None, delay_us=0)
        stored = self.store.call(self.store.enqueue((job,)))[0]
        if callbacks is not None:
            self._stage.listen(stored.id, callbacks)
        claim = self._desk.claim() if stored.state is State.QUEUED else None
        if claim is None or claim.id != stored.id:
            raise CannotPerform(f"the job {stored.id} ({job.name}) cannot be run now: it is {stored.state}")
        return (yield from self._attempt(claim))

    def _attempt(self, claim: Claim) -> Steps[Outcome[Any]]:
        performed = yield claim
        assert performed is not None
        ending = performed.ending
        ref: Ref[Any] = Ref(self.jobs, id=claim.id, ref_id=claim.ref_id, name=claim.name)
        state = self._desk.settle(claim, ending)
        if performed.error is not None and performed.is_foreign:
            raise performed.error
        yield from self.tell()
        return Outcome(
            ref=ref,
            state=ref.status().state if state is None else state,
            kind=ending.kind,
            attempt=claim.tries + claim.crashes + 1,
            code=ending.code,
            reason=ending.reason,
            error=error_of(ref, ending, performed.error),
        )

    def _until(self, until: datetime | None) -> int | None:
        if until is None:
            return None
        until_us = to_us(until)
        if until_us < self.clock.now_us():
            raise HeadwayError(f"cannot drain until {until}: that is over, it is {self.clock.now()}")
        return until_us

    def _goes_on(self, until_us: int | None, *, fires: bool) -> bool:
        """Nothing is due: whether upkeep, a schedule or time passing changed that."""
        if self._desk.tend() or (fires and self._desk.fire()):
            return True
        now_us = self.clock.now_us()
        if until_us is None or until_us <= now_us:
            return False
        moments = (self._desk.next_due_us, self._desk.next_instant_us if fires else None)
        due_us = min((one for one in moments if one is not None), default=until_us)
        self.clock.set(from_us(min(until_us, max(due_us, now_us + 1))))
        return True


def drive(steps: Steps[T], run: Callable[[Step], Performed | None]) -> T:
    """Take the steps, running user code in this thread."""
    try:
        step = next(steps)
        while True:
            step = steps.send(run(step))
    except StopIteration as end:
        answer: T = end.value
        return answer


async def adrive(steps: Steps[T], run: Callable[[Step], Coroutine[Any, Any, Performed | None]]) -> T:
    """Take the steps, awaiting user code."""
    try:
        step = next(steps)
        while True:
            step = steps.send(await run(step))
    except StopIteration as end:
        answer: T = end.value
        return answer
