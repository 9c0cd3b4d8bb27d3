"""A runner whose host is another process: the engine's process runs no user code.

The host is watched from here: a time-out holds even when the host cannot enforce it itself (a held GIL), a host with a
body that ignores its stop is retired (a new one starts beside it), and one that dies is replaced. Who dies with several
attempts inside makes all of them suspects, because nobody can tell which one did it; who is killed from here makes none.
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
from headway.model.handler import HandlerInfo
from headway.model.outcome import Ending
from headway.run.frames import (
    BeatFrame,
    Bye,
    CloseNow,
    FromChild,
    Hello,
    ImportFailed,
    Learned,
    ReleaseAll,
    Said,
    Spec,
    StartFailed,
    StopThese,
    Tell,
)
from headway.run.given import take_out, unstarted
from headway.run.hooks import Waiting
from headway.run.hostprocess import HostProcess, Rhythm
from headway.run.keeper import Keeper, Respawn
from headway.run.process import ChildProcess, Death
from headway.run.runner import Batch, Deliver, StopAttempt, StopReason
from headway.run.terms import Terms
from headway.run.unavailable import Failure, unavailable

CLOSE_MARGIN_S: Final = 1.0
OPEN_S: Final = 60.0


class PipeRunner:
    """A Runner over one host process at a time (a second one while the first retires)."""

    def __init__(
        self,
        spec: Spec,
        *,
        clock: Clock | None = None,
        rhythm: Rhythm | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._spec = spec
        self._clock: Clock = clock or SystemClock()
        self._rhythm = rhythm or Rhythm()
        self._respawn = Respawn(jitter)
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._hosts: list[HostProcess] = []
        """The newest last; only the newest gets claims."""
        self._held: deque[Claim] = deque()
        """Given while no host is ready."""
        self._terms = Terms()
        self._deliver: Deliver = _nobody
        self._untold = Waiting()
        self.learned: Callable[[tuple[HandlerInfo, ...]], None] = _nobody
        """Told, on a thread of this runner, of handlers that a host registered after its Hello; set it before `open`."""
        self._hello: Hello | None = None
        self._failure: Failure | None = None
        self._looked_at = 0.0
        self._closing = False
        self._keeper = Keeper("headway-hosts", self._tick)

    def open(self, timeout_s: float = OPEN_S) -> Hello:
        """Start the first host and answer what it says of the application; HostUnavailable if it does not come up."""
        self._keeper.start()
        with self._changed:
            self._changed.wait_for(lambda: self._hello is not None or self._failure is not None, timeout_s)
            hello, failure = self._hello, self._failure
        if hello is None:
            self.close(0)
            raise unavailable(self._spec.application, failure, timeout_s)
        return hello

    # -- Runner --------------------------------------------------------------------------------------------------

    def start(self, deliver: Deliver) -> None:
        """Begin to deliver; starts the host if `open` was not called."""
        self._deliver = deliver
        self._keeper.start()

    def give(self, claims: Sequence[Claim]) -> None:
        """Hand them to the host, or keep them until one is ready."""
        with self._lock:
            if not self._closing:
                host = self._active()
                if host is None:
                    self._held.extend(claims)
                else:
                    self._hand_over(host, claims)
                claims = ()
        if claims:
            self._end([unstarted(claim, StopReason.SHUTDOWN) for claim in claims])
        self._keeper.poke()

    def stop(self, stops: Sequence[StopAttempt]) -> None:
        """Pass the request on to the host that has the attempt, and remember it."""
        now = self._clock.monotonic()
        with self._lock:
            reasons = {(one.id, one.epoch): one for one in stops}
            for host in self._hosts:
                mine = [reasons.pop(key) for key in tuple(reasons) if key in host.given]
                for one in mine:
                    host.given[one.id, one.epoch].ask_stop(one.reason, now)
                if mine:
                    host.process.send(StopThese(tuple(mine)))
            ended = take_out(self._held, reasons)
        self._end(ended)

    def tell(self, events: Sequence[JobEvent]) -> None:
        """Pass them on to the host, or keep them until one is ready: so many as hooks may have waiting, the rest is lost."""
        with self._lock:
            host = self._active()
            if host is None:
                self._untold.add(events)
            else:
                host.process.send(Tell(tuple(events)))

    @property
    def can_start(self) -> bool:
        """Whether a host is there, or may be started now."""
        return bool(self._hosts) or self._respawn.wait_s(self._clock.monotonic()) <= 0

    def release(self) -> None:
        """Have everything given back that has not begun."""
        with self._lock:
            held, self._held = self._held, deque()
            for host in self._hosts:
                host.process.send(ReleaseAll())
        self._end([unstarted(claim, StopReason.SHUTDOWN) for claim in held])

    def close(self, grace_s: float) -> None:
        """Close the hosts, kill those that do not go, and give back what is left; idempotent."""
        with self._lock:
            first, self._closing = not self._closing, True
            hosts = list(self._hosts)
        if first:
            self.release()
            for host in hosts:
                host.process.send(CloseNow(grace_s))
        with self._changed:
            self._changed.wait_for(lambda: not self._hosts, grace_s + CLOSE_MARGIN_S)
            for host in self._hosts:
                host.killed = host.killed or "the worker stops"
                host.process.kill()
            self._changed.wait_for(lambda: not self._hosts, CLOSE_MARGIN_S)
            left = [one for host in self._hosts for one in host.given.values()]
            self._hosts.clear()
        self._end([one.stopped(one.stop or StopReason.SHUTDOWN, self._clock.now_us()) for one in left])
        self._keeper.close()

    @property
    def pids(self) -> tuple[int, ...]:
        """The host processes that live now."""
        with self._lock:
            return tuple(host.process.pid for host in self._hosts)

    # -- what hosts say; on their threads ------------------------------------------------------------------------

    def _heard(self, process: ChildProcess, message: FromChild) -> None:
        match message:
            case Said(batch):
                self._said(process, batch)
            case BeatFrame(loop_blocked):
                host = self._host_of(process)
                if host is not None:
                    host.blocked = loop_blocked
            case Hello():
                self._greeted(process, message)
            case Learned(handlers):
                with self._lock:
                    self._terms.learn(handlers)
                self.learned(handlers)
            case ImportFailed(traceback) | StartFailed(traceback):
                with self._changed:
                    self._failure = message
                    self._changed.notify_all()
                if self._hello is not None:
                    words = f"{self._spec.application} can no longer be imported or started:\n{traceback}"
                    self._deliver(Batch(warnings=(words,)))
            case Bye():
                pass

    def _said(self, process: ChildProcess, batch: Batch) -> None:
        now, now_us = self._clock.monotonic(), self._clock.now_us()
        with self._lock:
            host = self._host_of(process)
            if host is None:
                return
            endings = host.take(batch, now, now_us)
        if len(endings) != len(batch.endings):
            batch = msgspec.structs.replace(batch, endings=endings)
        self._deliver(batch)
        if batch.leaked or host.retire_until is not None:
            self._keeper.poke()

    def _greeted(self, process: ChildProcess, hello: Hello) -> None:
        with self._changed:
            host = self._host_of(process)
            if host is None:
                return
            host.ready = True
            host.settle_grace_s = hello.host_settings.settle_grace_s
            self._hello = hello
            self._terms = Terms(hello.handlers)
            held, self._held = self._held, deque()
            self._hand_over(host, held)
            if self._untold:
                host.process.send(Tell(self._untold.take_all()))
            self._changed.notify_all()

    def _died_process(self, process: ChildProcess, death: Death) -> None:
        now, now_us = self._clock.monotonic(), self._clock.now_us()
        warnings: tuple[str, ...] = ()
        with self._changed:
            host = self._host_of(process)
            if host is None:
                return
            self._hosts.remove(host)
            endings = [host.last_word(one, death, now_us, closing=self._closing) for one in host.given.values()]
            freed = tuple(host.leaked)
            if not self._closing and host.killed is None and host.retire_until is None:
                warnings = (f"the host process {process.pid} died: {death.reason}\n{death.fault}".rstrip(),)
                self._respawn.died(now, quick=host.is_young(now))
            if self._hello is None and self._failure is None:
                self._failure = death
            self._changed.notify_all()
        if endings or warnings or freed:
            self._deliver(Batch(endings=tuple(endings), freed=freed, warnings=warnings))
        self._keeper.poke()

    # -- the keeper's look ---------------------------------------------------------------------------------------

    def _tick(self) -> float | None:
        now, now_us = self._clock.monotonic(), self._clock.now_us()
        ended, leaked, warnings = list[Ending](), list[tuple[int, int]](), list[str]()
        with self._lock:
            # After a pause of our own (a stopped process, a starved machine) what the hosts said is still to be read.
            paused, self._looked_at = now - self._looked_at > self._rhythm.mute_s, now
            for host in self._hosts:
                if paused:
                    host.process.heard_at = now
                seen = host.look(now, now_us, self._rhythm, self._spec.concurrency)
                ended += seen.ended
                leaked += seen.leaked
                warnings += seen.warnings
            spawn = not self._closing and not any(host.retire_until is None for host in self._hosts)
            wait = self._respawn.wait_s(now)
            busy = any(host.given or host.dues or host.retire_until is not None for host in self._hosts)
        if spawn and wait <= 0 and not self._respawn.tried(self._spawn, now):
            self.release()
        if ended or warnings:
            self._deliver(Batch(endings=tuple(ended), leaked=tuple(leaked), warnings=tuple(warnings)))
        tick = self._rhythm.tick_s if busy else None
        return min(wait, tick or wait) if spawn and wait > 0 else tick

    def _spawn(self) -> None:
        with self._lock:  # its first word must find it in the list
            clock = self._clock.monotonic
            process = ChildProcess(self._spec, heard=self._heard, died=self._died_process, monotonic=clock)
            self._hosts.append(HostProcess(process))

    # -- inside, under the lock ----------------------------------------------------------------------------------

    def _active(self) -> HostProcess | None:
        newest = self._hosts[-1] if self._hosts else None
        return newest if newest is not None and newest.ready and newest.retire_until is None else None

    def _hand_over(self, host: HostProcess, claims: Sequence[Claim]) -> None:
        self._held.extend(host.hand(claims, self._terms, self._clock.monotonic(), self._clock.now_us()))

    def _host_of(self, process: ChildProcess) -> HostProcess | None:
        return next((host for host in self._hosts if host.process is process), None)

    def _end(self, endings: Sequence[Ending]) -> None:
        if endings:
            self._deliver(Batch(endings=tuple(endings)))


def _nobody(_said: object) -> None:
    """Nobody listens yet."""
