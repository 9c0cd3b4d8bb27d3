"""A child that runs one job at a time, as its pool keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from headway.model.outcome import Ending, EndKind
from headway.run.frames import CloseNow, StopThese
from headway.run.given import Given
from headway.run.process import ChildProcess, Death
from headway.run.runner import Batch, StopAttempt, StopReason

LATE_S: Final = 1.0
"""How long after its deadline an attempt may say nothing before it is stopped from outside."""
TERMINATE_S: Final = 1.0
"""Between SIGTERM and SIGKILL."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a child is replaced by a new one."""

    jobs: int
    """After so many."""
    rss_bytes: int
    """When it has grown larger."""


class Solo:
    """Its pool's lock guards it."""

    __slots__ = ("_limits", "done", "edition", "given", "known", "leaving", "process", "ready", "terminated_at")

    def __init__(self, process: ChildProcess, limits: Limits, edition: int) -> None:
        self.process = process
        self._limits = limits
        self.edition = edition
        """How much its pool had learnt when it was started."""
        self.known = frozenset[str]()
        """Names and aliases of the handlers that it has."""
        self.ready = False
        self.given: Given | None = None
        self.done = 0
        """Jobs it has run."""
        self.leaving = False
        """It gets no more jobs."""
        self.terminated_at: float | None = None

    @property
    def is_free(self) -> bool:
        """Whether it can be given a job."""
        return self.ready and self.given is None and not self.leaving

    @property
    def inside(self) -> tuple[Given, ...]:
        """Its job, if it has one."""
        return () if self.given is None else (self.given,)

    def find(self, key: tuple[int, int]) -> Given | None:
        """Its job, if that is the one."""
        return self.given if self.given is not None and self.given.key == key else None

    def take(self, batch: Batch, now: float, now_us: int) -> tuple[Ending, ...]:
        """Enter what it says of its job; answers the ending, if that came."""
        given = self.given
        if given is None:
            return ()
        for started in batch.started:
            given.began(started.started_us, now, now_us)
        endings = tuple(one for one in batch.endings if (one.id, one.epoch) == given.key)
        if endings:
            self._finish()
        return endings

    def cut_off(self) -> None:
        """The worker stops."""
        self.process.kill()

    def leave(self) -> None:
        """It gets no more jobs, and goes."""
        self.leaving = True
        self.process.send(CloseNow(0.0))

    def look(self, given: Given, now: float) -> None:
        """Stop a job that is late; end the process of one that ignores its stop past its grace."""
        if given.stop is None:
            if given.deadline is None or now <= given.deadline + LATE_S:
                return
            # The child was to stop it by itself; its grace counts from the deadline all the same.
            given.ask_stop(StopReason.TIMEOUT, given.deadline)
            self.process.send(StopThese((StopAttempt(given.claim.id, given.claim.epoch, StopReason.TIMEOUT),)))
        if now < given.stopped_at + given.grace_s:
            return
        if self.terminated_at is None:
            self.terminated_at = now
            self.leaving = True
            self.process.terminate()
        elif now >= self.terminated_at + TERMINATE_S:
            self.process.kill()

    def last_word(self, given: Given, death: Death, now_us: int) -> Ending:
        """The ending of the job that was in it when it died."""
        if given.stop is not None:
            return given.stopped(given.stop, now_us)
        return given.died(EndKind.CRASHED, death, now_us)

    def _finish(self) -> None:
        """Its job ended; after many of them, or when it has grown large, it leaves."""
        self.given = None
        self.terminated_at = None
        self.done += 1
        rss = self.process.rss_bytes()
        if self.leaving or self.done >= self._limits.jobs or (rss is not None and rss > self._limits.rss_bytes):
            self.leave()
