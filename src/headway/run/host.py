"""The host: runs attempts in this process, coroutines on an event loop and plain functions on threads.

Claims come in batches and cost one wake-up of the loop per batch; endings leave in batches. `concurrency` bounds the
bodies that run at once; what is given beyond it waits here, in order, and can be released.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from headway.model.claim import Claim
from headway.model.clock import Clock
from headway.model.event import JobEvent
from headway.model.outcome import Ending
from headway.run.application import Application
from headway.run.attempt import Attempt, Key
from headway.run.duty import Broken
from headway.run.ending import stopped
from headway.run.given import take_out
from headway.run.hooks import Teller
from headway.run.logs import JobLogHandler, of_site
from headway.run.loop import LoopLane
from headway.run.outbox import Outbox
from headway.run.pulse import Pulse
from headway.run.runner import Deliver, StopAttempt, StopReason
from headway.run.settings import HostSettings
from headway.run.site import Site
from headway.run.startup import run_startup
from headway.run.threads import ThreadLane
from headway.run.unstarted import unknown, unstarted
from headway.run.watcher import Watcher

CONCURRENCY_DEFAULT: Final = 8
CLOSE_MARGIN_S: Final = 0.05


class Host:
    """A Runner in this process. `close` must not be called on the loop that runs the bodies: they could not react.

    A plain function cannot be killed: one that ignores its stop is reported as leaked, its thread is replaced, and
    what it says later is dropped. Handlers that run in a process of their own elsewhere run on a thread here.
    """

    def __init__(
        self,
        application: Application,
        *,
        concurrency: int = CONCURRENCY_DEFAULT,
        settings: HostSettings | None = None,
        clock: Clock | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
        owns_loop: bool = False,
        broken: Broken | None = None,
    ) -> None:
        self._registry = application.registry
        self._site = Site.of(application, settings=settings, clock=clock)
        self._given_loop = loop
        self._owns_loop = owns_loop
        """The loop given serves nobody else, so what bodies leave running on it can be told apart."""
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        """Told when the last running body ends during close."""
        self._waiting: deque[Claim] = deque()
        self._running: dict[Key, Attempt] = {}
        self._leaked: dict[Key, Attempt] = {}
        self._room = concurrency
        self._broken = broken
        self._closing = False
        self._closed = True  # until it is started

    # -- Runner --------------------------------------------------------------------------------------------------

    def start(self, deliver: Deliver) -> None:
        """Make the lanes ready and run the application's start-up hooks; what one raises is raised here, as StartupFailed.

        Threads start with the first body that needs one.
        """
        self._closed = False
        self._outbox = Outbox(deliver, self._site.monotonic, self._broken)
        self._loop_lane = LoopLane(self, self._site, self._given_loop, adopts=self._owns_loop)
        self._site = self._site.turned_by(self._loop_lane.complete)
        self._thread_lane = ThreadLane(self, self._site)
        self._pulse = Pulse(self._loop_lane, self._outbox, self._site.settings.blocked_after_s)
        self._watcher = Watcher(self, self._outbox, self._site)
        self._logs = JobLogHandler(self._site.settings.log_level, of_site(self._site))
        self._logs.install()
        self._watcher.start()
        self._loop_lane.prepare(self._registry)
        self._teller = Teller(self._registry, self._loop_lane.complete, self._outbox.say)
        try:
            run_startup(self._registry, self._loop_lane.complete)
        except BaseException:
            self.close(0)
            raise

    def give(self, claims: Sequence[Claim]) -> None:
        """Run these as soon as there is room; after `close` began they are given back."""
        refused: list[Ending] = []
        with self._lock:
            for claim in claims:
                if self._closing:
                    refused.append(unstarted(claim, StopReason.SHUTDOWN))
                elif self._registry.find(claim.name) is None:
                    refused.append(unknown(claim))
                else:
                    self._waiting.append(claim)
            attempts = self._take()
        if refused:
            self._outbox.end(refused)
        if attempts:
            self.dispatch(attempts)
            self._watcher.work_came()

    def stop(self, stops: Sequence[StopAttempt]) -> None:
        """Ask attempts to stop; ones that wait end at once."""
        now = self._site.monotonic()
        reasons = {(one.id, one.epoch): one for one in stops}
        asked: list[Attempt] = []
        with self._lock:
            for key in tuple(reasons):
                attempt = self._running.get(key)
                if attempt is not None:
                    reason = reasons.pop(key).reason
                    if attempt.stop is None:
                        attempt.stop, attempt.stop_at = reason, now + attempt.patience_s
                        asked.append(attempt)
            ended = take_out(self._waiting, reasons) if reasons else []
        self._interrupt(asked)
        if ended:
            self._outbox.end(ended)

    def tell(self, events: Sequence[JobEvent]) -> None:
        """Have the application's hooks told, one after the other, beside the bodies."""
        self._teller.tell(events)

    can_start = True

    def release(self) -> None:
        """Give back what waits."""
        with self._lock:
            waiting, self._waiting = self._waiting, deque()
        if waiting:
            self._outbox.end([unstarted(claim, StopReason.SHUTDOWN) for claim in waiting])

    def close(self, grace_s: float) -> None:
        """Stop everything, wait at most `grace_s`, end what does not react; idempotent."""
        until = self._site.monotonic() + grace_s
        with self._lock:
            asked = [] if self._closing else [one for one in self._running.values() if one.stop is None]
            self._closing = True
            waiting, self._waiting = self._waiting, deque()  # nothing of it may begin any more
            for attempt in asked:
                attempt.stop, attempt.stop_at = StopReason.SHUTDOWN, until
        if waiting:
            self._outbox.end([unstarted(claim, StopReason.SHUTDOWN) for claim in waiting])
        self._interrupt(asked)
        with self._changed:
            self._changed.wait_for(lambda: not self._running, grace_s + CLOSE_MARGIN_S)
            rest = list(self._running.values())
        for attempt in rest:
            self.give_up(attempt)
        with self._lock:
            done, self._closed = self._closed, True
        if done:
            return
        self._watcher.close()
        self._teller.close(max(0.0, until - self._site.monotonic()))
        self._loop_lane.close()
        self._thread_lane.close()
        self._outbox.flush()
        self._logs.remove()

    @property
    def settings(self) -> HostSettings:
        """The settings in force."""
        return self._site.settings

    @property
    def loop_blocked(self) -> bool:
        """Whether the loop has not answered for longer than `blocked_after_s`."""
        return self._pulse.is_blocked

    # -- Desk: for the lanes -------------------------------------------------------------------------------------

    def finished(self, pairs: Sequence[tuple[Attempt, Ending]], *, lingering: bool = False) -> list[Attempt]:
        """Bodies ended; answers the attempts that have room now."""
        endings, freed, following = self._free(pairs)
        if self._outbox.end(endings, freed, linger=lingering and bool(following)):
            self._watcher.flush_soon()
        return following

    def ended(self, pairs: Sequence[tuple[Attempt, Ending]]) -> list[Attempt]:
        """Bodies ended, to be told of with the next `flush`; answers the attempts that have room now."""
        endings, freed, following = self._free(pairs)
        self._outbox.hold(endings, freed)
        return following

    def flush(self) -> None:
        """Tell of what has ended."""
        self._outbox.flush()

    def _free(self, pairs: Sequence[tuple[Attempt, Ending]]) -> tuple[list[Ending], list[Key], list[Attempt]]:
        """Their places: the endings that count, the keys of leaked bodies, and who has room now."""
        endings: list[Ending] = []
        freed: list[Key] = []
        for attempt, ending in pairs:
            # Whoever takes the attempt out of the table ends it; the other's word is dropped.
            if self._running.pop(attempt.key, None) is not None:
                endings.append(ending)
            elif self._leaked.pop(attempt.key, None) is not None:
                freed.append(attempt.key)
        with self._lock:
            self._room += len(endings)
            following = self._take() if self._waiting else []
            if following:
                self._watcher.work_came()
            if self._closing and not self._running:
                self._changed.notify_all()
        return endings, freed, following

    def dispatch(self, attempts: Sequence[Attempt]) -> None:
        """Hand attempts to the lanes they run in."""
        on_loop = [one for one in attempts if one.handler.is_async]
        if on_loop:
            self._loop_lane.submit(on_loop)
        if len(on_loop) < len(attempts):
            self._thread_lane.submit([one for one in attempts if not one.handler.is_async])

    def is_leaked(self, attempt: Attempt) -> bool:
        """Whether it was ended without its body."""
        return attempt.key in self._leaked

    def broke(self, words: str) -> None:
        """A lane broke because of a defect: this process ends if it is the host's own, else the worker does."""
        (self._broken or self._outbox.break_off)(words)

    # -- Watched: for the watcher --------------------------------------------------------------------------------

    def running(self) -> list[Attempt]:
        """Every attempt whose body has not ended for the store."""
        with self._lock:
            return list(self._running.values())

    def time_out(self, attempt: Attempt, now: float) -> None:
        """Its time is over: ask it to stop."""
        with self._lock:
            if attempt.stop is not None:
                return
            attempt.stop, attempt.stop_at = StopReason.TIMEOUT, now + attempt.patience_s
        self._interrupt((attempt,))

    def give_up(self, attempt: Attempt) -> None:
        """End it without its body, which goes on; its place is given to the next."""
        reason = attempt.stop or StopReason.SHUTDOWN
        with self._lock:
            if self._running.pop(attempt.key, None) is None:
                return
            self._leaked[attempt.key] = attempt
            self._room += 1
        where = "the event loop" if attempt.handler.is_async else "its thread"
        name, id_ = attempt.claim.name, attempt.claim.id
        warning = f"job {id_} ({name}) was asked to stop ({reason}) and ignores it: its body still runs on {where}"
        self._outbox.leak(attempt.key, stopped(attempt, reason), warning)
        with self._lock:
            following = self._take()
            if self._closing and not self._running:
                self._changed.notify_all()
        self._outbox.flush()
        if following:
            self._watcher.work_came()
            self.dispatch(following)

    def look_at_loop(self, now: float) -> None:
        """Ping the loop; warn once when it does not answer, naming the job that keeps it."""
        bodies = [one for one in self.running() if one.handler.is_async]
        self._pulse.look(now, bodies, leaked=any(one.handler.is_async for one in self._leaked.copy().values()))

    # -- inside --------------------------------------------------------------------------------------------------

    def _take(self) -> list[Attempt]:
        """As many waiting claims as have room, made attempts. Under the lock, so that a stop finds each in one place."""
        taken: list[Attempt] = []
        waiting, running, site = self._waiting, self._running, self._site
        while self._room > 0 and waiting:
            claim = waiting.popleft()
            attempt = Attempt(claim, self._registry.get(claim.name), site)
            running[attempt.key] = attempt
            self._room -= 1
            taken.append(attempt)
        return taken

    def _interrupt(self, attempts: Iterable[Attempt]) -> None:
        """Tell coroutines; a thread's body sees its token."""
        for attempt in attempts:
            if attempt.handler.is_async:
                self._loop_lane.interrupt(attempt)
