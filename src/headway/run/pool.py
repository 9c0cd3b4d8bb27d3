"""A runner for jobs that each run alone in a child process: handlers with run_in="process", and suspects.

The children stay warm between jobs and are replaced after many of them. One that ignores its stop past the job's grace
gets SIGTERM, then SIGKILL with everything it started. A child that dies by itself ends its one job as crashed.

A handler that was registered after a child had started is unknown to it: such a child makes way for a new one when a job
wants that handler. What even a new one does not know (its module does not register it) no child can run.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from headway.model.claim import Claim
from headway.model.clock import Clock
from headway.model.event import JobEvent
from headway.model.handler import HandlerInfo
from headway.model.outcome import Ending
from headway.run.brood import Brood
from headway.run.frames import MODE_SINGLE, BeatFrame, FromChild, Give, Hello, ImportFailed, Spec, StartFailed
from headway.run.given import Given
from headway.run.process import ChildProcess, Death
from headway.run.runner import Batch, StopReason
from headway.run.solo import Limits, Solo
from headway.run.terms import Terms
from headway.run.unstarted import unknown

RECYCLE_AFTER_DEFAULT: Final = 1000
RSS_BYTES_MAX_DEFAULT: Final = 1024 * 1024 * 1024
TICK_S: Final = 0.1
PAUSE_S: Final = 1.0
Lacking = Callable[[frozenset[str]], None]


class ChildPool(Brood[Solo]):
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
        spec = msgspec.structs.replace(spec, mode=MODE_SINGLE)
        super().__init__(spec, name="headway-children", clock=clock, jitter=jitter)
        self._size = size
        self._limits = Limits(recycle_after, rss_bytes_max)
        self._terms = Terms()
        self._edition = 0
        """Grows with what is learnt: a child of an earlier one may not know it."""
        self.lacking: Lacking = _nobody
        """Told, on a thread of this runner, of names that were claimed and that no child knows; set it before `start`."""

    def learn(self, infos: Iterable[HandlerInfo], modules: Sequence[str] = ()) -> None:
        """These were registered, elsewhere, after the children's imports were fixed: new children import their modules too."""
        with self._lock:
            self._terms.learn(infos)
            self._spec = msgspec.structs.replace(self._spec, late=tuple(dict.fromkeys((*self._spec.late, *modules))))
            self._edition += 1

    def tell(self, events: Sequence[JobEvent]) -> None:
        """Nothing: hooks are told in a host, which outlives the job."""

    # -- what children say; on their threads ---------------------------------------------------------------------

    def _hear(self, process: ChildProcess, message: FromChild) -> None:
        match message:
            case Hello():
                self._greeted(process, message)
            case ImportFailed(traceback) | StartFailed(traceback):
                what = f"{self._spec.application} could not be imported in a child process:\n{traceback}"
                self._deliver(Batch(warnings=(what,)))
            case BeatFrame():
                with self._lock:
                    child = self._member(process)
                    if child is not None and child.given is not None:
                        child.given.taken = True
            case _:  # news of its job were heard already; it learns nothing later, and a good-bye says nothing
                pass

    def _greeted(self, process: ChildProcess, hello: Hello) -> None:
        with self._lock:
            child = self._member(process)
            if child is None:
                return
            child.ready = True
            child.known = frozenset(name for info in hello.handlers for name in (info.name, *info.aliases))
            self._respawn.lived()
            self._terms.learn(hello.handlers)
            self._assign()
            strangers = self._strangers()
        self._turn_away(strangers)
        self._keeper.poke()

    def _said(self, member: Solo, batch: Batch) -> None:  # noqa: ARG002 - the brood's signature
        if not batch.endings:
            return
        with self._lock:
            self._assign()
            self._changed.notify_all()
        self._keeper.poke()

    # -- the brood -----------------------------------------------------------------------------------------------

    def _make(self, process: ChildProcess) -> Solo:
        return Solo(process, self._limits, self._edition)

    def _part(self, grace_s: float) -> None:
        now = self._clock.monotonic()
        for child in self._members:
            if child.given is not None:
                child.given.ask_stop(StopReason.SHUTDOWN, now)
        super()._part(grace_s)

    def _bury(self, member: Solo, death: Death, now: float, now_us: int) -> Batch:
        warnings: tuple[str, ...] = ()
        if not member.ready and not self._closing:
            self._respawn.died(now, quick=True)
            warnings = (f"a child process died before it was ready: {death.reason}\n{death.fault}".rstrip(),)
        given = member.given
        if given is not None and not given.taken and given.stop is None and not self._closing:
            self._waiting.appendleft(given.claim)  # it died idle, before it read this: another child runs it
            given = None
        if given is not None and given.stop is not None and death.status < 0:
            one = given.claim
            warnings += (f"job {one.id} ({one.name}) was asked to stop ({given.stop}) and ignored it: {death.reason}",)
        endings: tuple[Ending, ...] = () if given is None else (member.last_word(given, death, now_us),)
        return Batch(endings=endings, warnings=warnings)

    def _assign(self) -> None:
        """A job for each free child that knows its handler; one that knows none of what waits makes way if it is of an earlier edition."""
        for child in self._members:
            if not self._waiting:
                return
            if not child.is_free:
                continue
            claim = next((one for one in self._waiting if one.name in child.known), None)
            if claim is not None:
                self._waiting.remove(claim)
                self._hand(child, claim)
            elif child.edition < self._edition:
                child.leave()

    def _hand(self, child: Solo, claim: Claim) -> None:
        timeout_s, grace_s = self._terms.timeout_s(claim), self._terms.grace_s(claim)
        now, now_us = self._clock.monotonic(), self._clock.now_us()
        child.given = Given(claim, now=now, now_us=now_us, timeout_s=timeout_s, grace_s=grace_s)
        if not child.process.send(Give((claim,))):
            child.given, child.leaving = None, True  # dead already: it never got there
            self._waiting.appendleft(claim)

    def _strangers(self) -> list[Claim]:
        """Take out what waits for a handler that a child of the latest edition does not know."""
        newest = next((one for one in self._members if one.ready and one.edition == self._edition), None)
        if newest is None:
            return []
        strangers = [one for one in self._waiting if one.name not in newest.known]
        for claim in strangers:
            self._waiting.remove(claim)
        return strangers

    def _turn_away(self, strangers: Sequence[Claim]) -> None:
        if strangers:
            self.lacking(frozenset(one.name for one in strangers))  # first, so that they are not claimed again
            self._end([unknown(one) for one in strangers])

    def _tick(self) -> float | None:
        now = self._clock.monotonic()
        with self._lock:
            busy = False
            paused = self._has_paused(now, PAUSE_S)  # then they are looked at at the next tick
            for child in self._members:
                if child.given is not None:
                    busy = True
                if child.given is not None and not paused:
                    child.look(child.given, now)
            strangers = self._strangers()
            starting = sum(not child.ready for child in self._members)
            free = self._size - sum(not child.leaving for child in self._members)
            wanted = 0 if self._closing else min(free, len(self._waiting) - starting)
            wait = self._respawn.wait_s(now)
        self._turn_away(strangers)
        if wanted > 0:
            if wait > 0:
                return min(wait, TICK_S) if busy else wait
            for _ in range(wanted):
                if not self._respawn.tried(self._spawn, now):
                    self.release()  # others may have room for them; meanwhile nothing more is claimed for here
                    break
        return TICK_S if busy else None


def _nobody(_names: frozenset[str]) -> None:
    """Nobody asks."""
