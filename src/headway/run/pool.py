"""A runner for jobs that each run alone in a child process: handlers with run_in="process", and suspects.

The children stay warm between jobs and are replaced after many of them. One that ignores its stop past the job's grace
gets SIGTERM, then SIGKILL with everything it started. A child that dies by itself ends its one job as crashed.
"""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from headway.model.claim import Claim
from headway.model.clock import Clock, SystemClock
from headway.model.event import JobEvent
from headway.model.outcome import Ending
from headway.run.frames import (
    MODE_SINGLE,
    BeatFrame,
    Bye,
    CloseNow,
    FromChild,
    Give,
    Hello,
    ImportFailed,
    Learned,
    Said,
    Spec,
    StartFailed,
    StopThese,
)
from headway.run.given import Given, take_out, unstarted
from headway.run.keeper import Keeper, Respawn
from headway.run.process import ChildProcess, Death
from headway.run.runner import Batch, Deliver, StopAttempt, StopReason
from headway.run.solo import Solo
from headway.run.terms import Terms

RECYCLE_AFTER_DEFAULT: Final = 1000
RSS_BYTES_MAX_DEFAULT: Final = 1024 * 1024 * 1024
TICK_S: Final = 0.1
PAUSE_S: Final = 1.0
CLOSE_MARGIN_S: Final = 1.0


class ChildPool:
    """A Runner over at most `size` children, started when they are needed."""

    def __init__(
        self,
        spec: Spec,
        *,
        size: int,
        recycle_after: int = RECYCLE_AFTER_DEFAULT,
        rss_bytes_max: int = RSS_BYTES_MAX_DEFAULT,
        clock: Clock | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._spec = msgspec.structs.replace(spec, mode=MODE_SINGLE)
        self._size = size
        self._recycle_after = recycle_after
        self._rss_bytes_max = rss_bytes_max
        self._clock: Clock = clock or SystemClock()
        self._respawn = Respawn(jitter)
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._children: list[Solo] = []
        self._waiting: deque[Claim] = deque()
        self._terms = Terms()
        self._deliver: Deliver | None = None
        self._closing = False
        self._looked_at = 0.0
        self._keeper = Keeper("headway-children", self._tick)

    # -- Runner --------------------------------------------------------------------------------------------------

    def start(self, deliver: Deliver) -> None:
        """Begin to deliver; children start with the first claims."""
        self._deliver = deliver
        self._keeper.start()

    def give(self, claims: Sequence[Claim]) -> None:
        """Run each alone, as soon as a child is free."""
        with self._lock:
            if not self._closing:
                self._waiting.extend(claims)
                self._assign()
                claims = ()
        self._end([unstarted(claim, StopReason.SHUTDOWN) for claim in claims])
        self._keeper.poke()

    def stop(self, stops: Sequence[StopAttempt]) -> None:
        """Ask the children; what waits ends at once."""
        now = self._clock.monotonic()
        with self._lock:
            asked = {(one.id, one.epoch): one for one in stops}
            for child in self._children:
                one = asked.pop(child.given.key, None) if child.given is not None else None
                if one is not None and child.given is not None:
                    child.given.ask_stop(one.reason, now)
                    child.process.send(StopThese((one,)))
            ended = take_out(self._waiting, asked)
        self._end(ended)
        self._keeper.poke()

    def tell(self, events: Sequence[JobEvent]) -> None:
        """Nothing: hooks are told in a host, which outlives the job."""

    @property
    def can_start(self) -> bool:
        """Whether a child is there, or may be started now."""
        return bool(self._children) or self._respawn.wait_s(self._clock.monotonic()) <= 0

    def release(self) -> None:
        """Give back what waits."""
        with self._lock:
            waiting, self._waiting = self._waiting, deque()
        self._end([unstarted(claim, StopReason.SHUTDOWN) for claim in waiting])

    def close(self, grace_s: float) -> None:
        """Interrupt what runs, kill what does not react within the grace; idempotent."""
        now = self._clock.monotonic()
        with self._lock:
            first, self._closing = not self._closing, True
            if first:
                for child in self._children:
                    if child.given is not None:
                        child.given.ask_stop(StopReason.SHUTDOWN, now)
                    child.process.send(CloseNow(grace_s))
        self.release()
        with self._changed:
            self._changed.wait_for(self._is_quiet, grace_s)
            for child in self._children:
                child.process.kill()
            self._changed.wait_for(lambda: not self._children, CLOSE_MARGIN_S)
            left = [child.given for child in self._children if child.given is not None]
            self._children.clear()
        self._end([one.stopped(one.stop or StopReason.SHUTDOWN, self._clock.now_us()) for one in left])
        self._keeper.close()

    @property
    def pids(self) -> tuple[int, ...]:
        """The children that live now."""
        with self._lock:
            return tuple(child.process.pid for child in self._children)

    # -- what children say; on their threads ---------------------------------------------------------------------

    def _heard(self, process: ChildProcess, message: FromChild) -> None:
        match message:
            case Said(batch):
                self._said(process, batch)
            case Hello():
                with self._lock:
                    child = self._child_of(process)
                    if child is not None:
                        child.ready = True
                        self._respawn.lived()
                        self._terms = Terms(message.handlers)
                        self._assign()
                self._keeper.poke()
            case ImportFailed(traceback) | StartFailed(traceback):
                what = f"{self._spec.application} could not be imported in a child process:\n{traceback}"
                self._tell(Batch(warnings=(what,)))
            case BeatFrame():
                with self._lock:
                    child = self._child_of(process)
                    if child is not None and child.given is not None:
                        child.given.taken = True
            case Learned() | Bye():
                pass

    def _said(self, process: ChildProcess, batch: Batch) -> None:
        now, now_us = self._clock.monotonic(), self._clock.now_us()
        endings: tuple[Ending, ...] = ()
        with self._lock:
            child = self._child_of(process)
            given = child.given if child is not None else None
            if child is None or given is None:
                return
            for started in batch.started:
                given.began(started.started_us, now, now_us)
            endings = tuple(one for one in batch.endings if (one.id, one.epoch) == given.key)
            if endings:
                child.finish(self._recycle_after, self._rss_bytes_max)
        if len(endings) != len(batch.endings):
            batch = msgspec.structs.replace(batch, endings=endings)
        # Before the next job is sent, so that what it says comes after.
        self._tell(batch)
        if endings:
            with self._lock:
                self._assign()
                self._changed.notify_all()
            self._keeper.poke()

    def _died(self, process: ChildProcess, death: Death) -> None:
        now, now_us = self._clock.monotonic(), self._clock.now_us()
        warnings: tuple[str, ...] = ()
        with self._changed:
            child = self._child_of(process)
            if child is None:
                return
            self._children.remove(child)
            if not child.ready and not self._closing:
                self._respawn.died(now, quick=True)
                warnings = (f"a child process died before it was ready: {death.reason}\n{death.fault}".rstrip(),)
            given = child.given
            if given is not None and not given.taken and given.stop is None and not self._closing:
                self._waiting.appendleft(given.claim)  # it died idle, before it read this: another child runs it
                given = None
            endings = () if given is None else (child.last_word(given, death, now_us),)
            self._changed.notify_all()
        if endings or warnings:
            self._tell(Batch(endings=endings, warnings=warnings))
        self._keeper.poke()

    # -- the keeper's look ---------------------------------------------------------------------------------------

    def _tick(self) -> float | None:
        now = self._clock.monotonic()
        with self._lock:
            busy = False
            # After a pause of our own what the children said is still to be read: look at them at the next tick.
            paused, self._looked_at = now - self._looked_at > PAUSE_S, now
            for child in self._children:
                if child.given is not None:
                    busy = True
                if child.given is not None and not paused:
                    child.look(child.given, now)
            starting = sum(not child.ready for child in self._children)
            free = self._size - sum(not child.leaving for child in self._children)
            wanted = 0 if self._closing else min(free, len(self._waiting) - starting)
            wait = self._respawn.wait_s(now)
        if wanted > 0:
            if wait > 0:
                return min(wait, TICK_S) if busy else wait
            for _ in range(wanted):
                if not self._respawn.tried(self._spawn, now):
                    self.release()  # others may have room for them; meanwhile nothing more is claimed for here
                    break
        return TICK_S if busy else None

    def _spawn(self) -> None:
        with self._lock:  # its first word must find it in the list
            self._children.append(
                Solo(ChildProcess(self._spec, heard=self._heard, died=self._died, monotonic=self._clock.monotonic))
            )

    # -- inside, under the lock ----------------------------------------------------------------------------------

    def _assign(self) -> None:
        now, now_us = self._clock.monotonic(), self._clock.now_us()
        for child in self._children:
            if not self._waiting:
                return
            if child.ready and child.given is None and not child.leaving:
                claim = self._waiting.popleft()
                child.given = Given(
                    claim,
                    now=now,
                    now_us=now_us,
                    timeout_s=self._terms.timeout_s(claim),
                    grace_s=self._terms.grace_s(claim),
                )
                if not child.process.send(Give((claim,))):
                    child.given, child.leaving = None, True  # dead already: it never got there
                    self._waiting.appendleft(claim)

    def _child_of(self, process: ChildProcess) -> Solo | None:
        return next((child for child in self._children if child.process is process), None)

    def _is_quiet(self) -> bool:
        return not self._children

    # -- delivery ------------------------------------------------------------------------------------------------

    def _end(self, endings: Sequence[Ending]) -> None:
        if endings:
            self._tell(Batch(endings=tuple(endings)))

    def _tell(self, batch: Batch) -> None:
        if self._deliver is not None:
            self._deliver(batch)
