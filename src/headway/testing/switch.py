"""The switch: as long as a stage is open, what a `Jobs` knows of the world (store, clock, waiting, listening) comes from the stage."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from headway.client.door import Door
from headway.model.errors import HeadwayError
from headway.testing.stage import STAGES, Stage

if TYPE_CHECKING:
    from headway.client.call import Call
    from headway.client.callbacks import Callbacks
    from headway.client.jobs import Jobs
    from headway.client.listening import Listens
    from headway.model.claim import NewJob
    from headway.model.clock import Clock
    from headway.store.protocol import Store

S = TypeVar("S", bound=Stage)


class StageUnclear(HeadwayError):
    """Several tests use these jobs at once, and this thread belongs to none of them; start it with contextvars.copy_context().run."""


@contextmanager
def staged(stage: S) -> Iterator[S]:
    """Open a stage for the with-block."""
    # One switch for each Jobs, kept with it; setdefault is atomic, so two threads get the same one.
    switch: Switch = vars(stage.jobs).setdefault("_switch", Switch(stage.jobs))
    switch.open(stage)
    try:
        yield stage
    finally:
        switch.close(stage)
        stage.close()


class Switch:
    """Stands where the door, the clock and the waiter of a `Jobs` were, and looks up whose stage is meant."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._lock = threading.Lock()
        self._stages: tuple[Stage, ...] = ()
        self._door = jobs._door  # noqa: SLF001 - the one place where a test reaches into a Jobs
        self._clock = jobs.clock
        self._waiter = jobs.waiter
        self._listens = jobs._listens  # noqa: SLF001 - see above

    def open(self, stage: Stage) -> None:
        """This stage serves the context that asks, until it is closed."""
        with self._lock:
            stage.outer = self._own()
            stage.is_open = True
            if not self._stages:
                self._put_in()
            self._stages = (*self._stages, stage)
        STAGES.set((*STAGES.get(), stage))

    def close(self, stage: Stage) -> None:
        """From now on the stage below serves, or the real world."""
        STAGES.set(tuple(one for one in STAGES.get() if one is not stage))
        with self._lock:
            stage.is_open = False
            self._stages = tuple(one for one in self._stages if one is not stage)
            if not self._stages:
                self._take_out()

    # -- what a Jobs asks for ------------------------------------------------------------------------------------

    @property
    def door(self) -> Door:
        """The real door."""
        return self._door

    def stage(self) -> Stage | None:
        """The stage of whoever asks; None for the real world."""
        own = self._own()
        if own is not None:
            return own
        stages = self._stages
        below = [one.outer for one in stages]
        tops = [one for one in stages if one not in below]
        if len(tops) > 1:
            raise StageUnclear(
                f"{len(tops)} tests use these jobs at once, and this thread belongs to none of them; "
                "start it with contextvars.copy_context().run"
            )
        return tops[0] if tops else None

    def witness(self, call: Call[Any], job: NewJob) -> None:
        """A call was made a job."""
        stage = self.stage()
        if stage is not None:
            stage.encoded(call, job)

    # -- Clock and Waiter ----------------------------------------------------------------------------------------

    def now_us(self) -> int:
        """Wall clock."""
        return self._time().now_us()

    def boot_us(self) -> int:
        """Boot clock."""
        return self._time().boot_us()

    def boot_id(self) -> str:
        """Which boot."""
        return self._time().boot_id()

    def monotonic(self) -> float:
        """Seconds for measuring."""
        return self._time().monotonic()

    def pause(self, seconds: float) -> None:
        """Let time pass, if it passes by itself."""
        stage = self.stage()
        if stage is not None:
            stage.waited()
        self._waiter.pause(seconds)

    async def apause(self, seconds: float) -> None:
        """Let time pass, if it passes by itself."""
        stage = self.stage()
        if stage is not None:
            stage.waited()
        await self._waiter.apause(seconds)

    # -- inside --------------------------------------------------------------------------------------------------

    def _own(self) -> Stage | None:
        """The innermost open stage of this context; a context that outlived its block does not count."""
        for stage in reversed(STAGES.get()):
            if stage.jobs is self._jobs and stage.is_open:
                return stage
        return None

    def _time(self) -> Clock:
        stage = self.stage()
        return self._clock if stage is None else stage.clock

    def _put_in(self) -> None:
        jobs = self._jobs
        self._door, self._clock, self._waiter = jobs._door, jobs.clock, jobs.waiter  # noqa: SLF001 - see above
        self._listens = jobs._listens  # noqa: SLF001 - see above
        jobs._door, jobs.clock, jobs.waiter = StageDoor(self), self, self  # noqa: SLF001 - see above
        jobs._listens = StageListener(self, self._listens)  # noqa: SLF001 - see above
        jobs.witness = self.witness

    def _take_out(self) -> None:
        jobs = self._jobs
        jobs._door, jobs.clock, jobs.waiter = self._door, self._clock, self._waiter  # noqa: SLF001 - see above
        jobs._listens = self._listens  # noqa: SLF001 - see above
        jobs.witness = None


class StageDoor(Door):
    """Leads to the store of the stage that is meant."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    @property
    def place(self) -> str:
        """Where that store is."""
        stage = self._switch.stage()
        return self._switch.door.place if stage is None else stage.place

    @property
    def store(self) -> Store:
        """That store."""
        stage = self._switch.stage()
        return self._switch.door.store if stage is None else stage.store

    def close(self) -> None:
        """The application under test closes its jobs: the test may still look at them, the real store is not touched."""
        if self._switch.stage() is None:
            self._switch.door.close()


class StageListener:
    """Hands the callbacks of a call to the stage that is meant."""

    def __init__(self, switch: Switch, real: Listens) -> None:
        self._switch = switch
        self._real = real

    def expect(self) -> None:
        """Before the call is stored."""
        if self._switch.stage() is None:
            self._real.expect()

    def listen(self, job_id: int, callbacks: Callbacks) -> None:
        """The call is stored."""
        stage = self._switch.stage()
        if stage is None:
            self._real.listen(job_id, callbacks)
        else:
            stage.listen(job_id, callbacks)

    def close(self) -> None:
        """As the door does: a test may still look."""
        if self._switch.stage() is None:
            self._real.close()
