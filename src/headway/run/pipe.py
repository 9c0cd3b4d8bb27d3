"""A runner whose host is another process: the engine's process runs no user code.

The host is watched from here: a time-out holds even when the host cannot enforce it itself (a held GIL), a host with a
body that ignores its stop is retired (a new one starts beside it), and one that dies is replaced. Who dies with several
attempts inside makes all of them suspects, because nobody can tell which one did it; who is killed from here makes none.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from headway.model.clock import Clock
from headway.model.event import JobEvent
from headway.model.outcome import Ending
from headway.run.brood import Brood
from headway.run.frames import BeatFrame, FromChild, Hello, ImportFailed, Learned, Spec, StartFailed, Tell
from headway.run.hooks import Waiting
from headway.run.hostprocess import HostProcess, Rhythm
from headway.run.process import ChildProcess, Death
from headway.run.runner import Batch
from headway.run.terms import Terms
from headway.run.unavailable import Failure, unavailable

OPEN_S: Final = 60.0
News = Callable[[Hello | Learned], None]


class PipeRunner(Brood[HostProcess]):
    """A Runner over one host process at a time (a second one while the first retires). The newest comes last and gets the claims."""

    patience_s = 1.0

    def __init__(
        self,
        spec: Spec,
        *,
        clock: Clock | None = None,
        rhythm: Rhythm | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(spec, name="headway-hosts", clock=clock, jitter=jitter)
        self._rhythm = rhythm or Rhythm()
        self._terms = Terms()
        self._untold = Waiting()
        self.news: News = _nobody
        """Told, on a thread of this runner, what each new host knows, and what it learns later; set it before `open`."""
        self._hello: Hello | None = None
        self._failure: Failure | None = None

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

    def tell(self, events: Sequence[JobEvent]) -> None:
        """Pass them on to the host, or keep them until one is ready: so many as hooks may have waiting, the rest is lost."""
        with self._lock:
            host = self._active()
            if host is None:
                self._untold.add(events)
            else:
                host.process.send(Tell(tuple(events)))

    # -- what hosts say; on their threads ------------------------------------------------------------------------

    def _hear(self, process: ChildProcess, message: FromChild) -> None:
        match message:
            case BeatFrame(loop_blocked):
                with self._lock:
                    host = self._member(process)
                    if host is not None:
                        host.blocked = loop_blocked
            case Hello():
                self._greeted(process, message)
            case Learned(handlers, modules):
                with self._lock:
                    self._terms.learn(handlers)
                    # The next host imports them too, so that what came late outlives this one.
                    late = dict.fromkeys((*self._spec.late, *modules))
                    self._spec = msgspec.structs.replace(self._spec, late=tuple(late))
                self.news(message)
            case ImportFailed(traceback) | StartFailed(traceback):
                with self._changed:
                    self._failure = message
                    self._changed.notify_all()
                if self._hello is not None:
                    words = f"{self._spec.application} can no longer be imported or started:\n{traceback}"
                    self._deliver(Batch(warnings=(words,)))
            case _:  # news of attempts were heard already, and a good-bye says nothing
                pass

    def _said(self, member: HostProcess, batch: Batch) -> None:
        if batch.leaked or member.retire_until is not None:
            self._keeper.poke()

    def _greeted(self, process: ChildProcess, hello: Hello) -> None:
        with self._lock:
            if self._member(process) is None:
                return
        self.news(hello)  # before it is given anything: what it does not know is not to be claimed for it
        with self._changed:
            host = self._member(process)
            if host is None:
                return
            host.ready = True
            host.settle_grace_s = hello.host_settings.settle_grace_s
            self._hello = hello
            self._terms = Terms(hello.handlers)
            self._assign()
            if self._untold:
                host.process.send(Tell(self._untold.take_all()))
            self._changed.notify_all()

    # -- the brood -----------------------------------------------------------------------------------------------

    def _make(self, process: ChildProcess) -> HostProcess:
        return HostProcess(process)

    def _assign(self) -> None:
        host = self._active()
        if host is not None and self._waiting:
            given = tuple(self._waiting)
            self._waiting.clear()
            self._waiting.extend(host.hand(given, self._terms, self._clock.monotonic(), self._clock.now_us()))

    def _bury(self, member: HostProcess, death: Death, now: float, now_us: int) -> Batch:
        endings = [member.last_word(one, death, now_us, closing=self._closing) for one in member.inside]
        warnings: tuple[str, ...] = ()
        if not self._closing and member.killed is None and member.retire_until is None:
            warnings = (f"the host process {member.process.pid} died: {death.reason}\n{death.fault}".rstrip(),)
            self._respawn.died(now, quick=member.is_young(now))
        if self._hello is None and self._failure is None:
            self._failure = death
        return Batch(endings=tuple(endings), freed=tuple(member.leaked), warnings=warnings)

    def _tick(self) -> float | None:
        now, now_us = self._clock.monotonic(), self._clock.now_us()
        ended, leaked, warnings = list[Ending](), list[tuple[int, int]](), list[str]()
        with self._lock:
            paused = self._has_paused(now, self._rhythm.mute_s)
            for host in self._members:
                if paused:
                    host.process.heard_at = now
                seen = host.look(now, now_us, self._rhythm, self._spec.concurrency)
                ended += seen.ended
                leaked += seen.leaked
                warnings += seen.warnings
            spawn = not self._closing and not any(host.retire_until is None for host in self._members)
            wait = self._respawn.wait_s(now)
            busy = any(host.given or host.dues or host.retire_until is not None for host in self._members)
        if spawn and wait <= 0 and not self._respawn.tried(self._spawn, now):
            self.release()
        if ended or warnings:
            self._deliver(Batch(endings=tuple(ended), leaked=tuple(leaked), warnings=tuple(warnings)))
        tick = self._rhythm.tick_s if busy else None
        return min(wait, tick or wait) if spawn and wait > 0 else tick

    def _active(self) -> HostProcess | None:
        newest = self._members[-1] if self._members else None
        return newest if newest is not None and newest.ready and newest.retire_until is None else None


def _nobody(_said: Hello | Learned) -> None:
    """Nobody listens yet."""
