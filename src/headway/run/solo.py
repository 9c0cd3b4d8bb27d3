"""A child that runs one job at a time, as its pool keeps it."""

from __future__ import annotations

from typing import Final

from headway.model.outcome import Ending, EndKind
from headway.run.frames import CloseNow, StopThese
from headway.run.given import Given
from headway.run.process import ChildProcess, Death
from headway.run.runner import StopAttempt, StopReason

LATE_S: Final = 1.0
"""How long after its deadline an attempt may say nothing before it is stopped from outside."""
TERMINATE_S: Final = 1.0
"""Between SIGTERM and SIGKILL."""


class Solo:
    """Its pool's lock guards it."""

    __slots__ = ("done", "given", "leaving", "process", "ready", "terminated_at")

    def __init__(self, process: ChildProcess) -> None:
        self.process = process
        self.ready = False
        self.given: Given | None = None
        self.done = 0
        """Jobs it has run."""
        self.leaving = False
        """It gets no more jobs."""
        self.terminated_at: float | None = None

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

    def finish(self, recycle_after: int, rss_bytes_max: int) -> None:
        """Its job ended; after many of them, or when it has grown large, it leaves."""
        self.given = None
        self.terminated_at = None
        self.done += 1
        rss = self.process.rss_bytes()
        if self.done >= recycle_after or (rss is not None and rss > rss_bytes_max):
            self.leaving = True
        if self.leaving:
            self.process.send(CloseNow(0.0))

    def last_word(self, given: Given, death: Death, now_us: int) -> Ending:
        """The ending of the job that was in it when it died."""
        if given.stop is not None:
            return given.stopped(given.stop, now_us)
        return given.died(EndKind.CRASHED, death, now_us)
