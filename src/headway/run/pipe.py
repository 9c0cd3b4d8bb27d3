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
from headway.model.errors import HeadwayError
from headway.model.outcome import EndKind, Ending
from headway.run.frames import (
    CLAIMS_MAX,
    BeatFrame,
    Bye,
    CloseNow,
    FromChild,
    Give,
    Hello,
    ImportFailed,
    ReleaseAll,
    Said,
    Spec,
    StopThese,
)
from headway.run.given import KINDS, Given
from headway.run.keeper import Keeper
from headway.run.process import ChildProcess, Death
from headway.run.runner import Batch, Deliver, StopAttempt, StopReason
from headway.run.terms import Terms

TICK_S: Final = 0.1
SILENT_S: Final = 3.0
"""A host that shows no life for so long is reported."""
MUTE_S: Final = 1.5
"""A host that shows no life for so long is not trusted to enforce time-outs and stops."""
LATE_S: Final = 1.0
"""How long after its deadline an attempt in a mute host is ended from here."""
RETIRE_S: Final = 60.0
"""How long the other attempts of a retiring host may go on."""
QUICK_DEATH_S: Final = 5.0
"""A host that lived for less died at once: the next one waits a while."""
BACKOFF_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
CLOSE_MARGIN_S: Final = 1.0
OPEN_S: Final = 60.0


class HostUnavailable(HeadwayError):
    """The application's host process did not start: <why>."""

    def __init__(self, message: str, *, traceback: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback
        """Of the failed import."""


class Rhythm(msgspec.Struct, frozen=True, kw_only=True):
    """How patient a parent is with its processes; seconds."""

    tick_s: float = TICK_S
    silent_s: float = SILENT_S
    mute_s: float = MUTE_S
    late_s: float = LATE_S
    retire_s: float = RETIRE_S


class HostProcess:
    """One host process and what it was given."""

    __slots__ = ("blocked", "dues", "given", "leaked", "process", "ready", "retire_until", "silence_told", "killed")

    def __init__(self, process: ChildProcess) -> None:
        self.process = process
        self.ready = False
        self.blocked = False
        """It said that its loop does not turn."""
        self.given: dict[tuple[int, int], Given] = {}
        self.leaked: set[tuple[int, int]] = set()
        self.dues: dict[tuple[int, int], float] = {}
        """When the grace of a body that ignores its stop is over."""
        self.retire_until: float | None = None
        self.silence_told = False
        self.killed: str | None = None
        """Why it was killed from here."""


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
        self._jitter = jitter
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._hosts: list[HostProcess] = []
        """The newest last; only the newest gets claims."""
        self._held: deque[Claim] = deque()
        """Given while no host is ready."""
        self._terms = Terms()
        self._deliver: Deliver = _nobody
        self._hello: Hello | None = None
        self._failure: ImportFailed | Death | None = None
        self._deaths = 0
        self._spawn_at = 0.0
        self._opened = False
        self._closing = False
        self._keeper = Keeper("headway-hosts", self._tick)

    def open(self, timeout_s: float = OPEN_S) -> Hello:
        """Start the first host and answer what it says of the application; HostUnavailable if it does not come up."""
        self._opened = True
        self._keeper.start()
        with self._changed:
            self._changed.wait_for(lambda: self._hello is not None or self._failure is not None, timeout_s)
            hello, failure = self._hello, self._failure
        if hello is not None:
            return hello
        self.close(0)
        match failure:
            case ImportFailed(traceback):
                raise HostUnavailable(
                    f"{self._spec.application} could not be imported:\n{traceback}", traceback=traceback
                )
            case Death():
                raise HostUnavailable(
                    f"{self._spec.application}: {failure.reason} while it was imported", traceback=failure.fault
                )
            case None:
                raise HostUnavailable(f"{self._spec.application} was not imported within {timeout_s:g} s")

    # -- Runner --------------------------------------------------------------------------------------------------

    def start(self, deliver: Deliver) -> None:
        """Begin to deliver; starts the host if `open` was not called."""
        self._deliver = deliver
        self._opened = True
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
            self._end([self._unstarted(claim, StopReason.SHUTDOWN) for claim in claims])
        self._keeper.poke()

    def stop(self, stops: Sequence[StopAttempt]) -> None:
        """Pass the request on to the host that has the attempt, and remember it."""
        now = self._clock.monotonic()
        ended: list[Ending] = []
        with self._lock:
            reasons = {(one.id, one.epoch): one for one in stops}
            for host in self._hosts:
                mine = [reasons.pop(key) for key in tuple(reasons) if key in host.given]
                for one in mine:
                    host.given[one.id, one.epoch].ask_stop(one.reason, now)
                if mine:
                    host.process.send(StopThese(tuple(mine)))
            if reasons and self._held:
                ended = [
                    self._unstarted(one, reasons[one.id, one.epoch].reason)
                    for one in self._held
                    if (one.id, one.epoch) in reasons
                ]
                self._held = deque(one for one in self._held if (one.id, one.epoch) not in reasons)
        self._end(ended)

    def release(self) -> None:
        """Have everything given back that has not begun."""
        with self._lock:
            held, self._held = self._held, deque()
            for host in self._hosts:
                host.process.send(ReleaseAll())
        self._end([self._unstarted(claim, StopReason.SHUTDOWN) for claim in held])

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
            case ImportFailed(traceback):
                with self._changed:
                    self._failure = message
                    self._changed.notify_all()
                if self._hello is not None:
                    self._deliver(
                        Batch(warnings=(f"{self._spec.application} can no longer be imported:\n{traceback}",))
                    )
            case Bye():
                pass

    def _said(self, process: ChildProcess, batch: Batch) -> None:
        now, now_us = self._clock.monotonic(), self._clock.now_us()
        with self._lock:
            host = self._host_of(process)
            if host is None:
                return
            # What was ended from here is not ended again by the host's late word.
            endings = tuple(one for one in batch.endings if host.given.get((one.id, one.epoch)) is not None)
            for key in batch.leaked:
                one = host.given.get(key)
                if one is not None:
                    host.leaked.add(key)
                    host.dues[key] = now + max(0.0, one.grace_s - self._spec.settings.settle_grace_s)
            for ending in endings:
                del host.given[ending.id, ending.epoch]
            for started in batch.started:
                one = host.given.get((started.id, started.epoch))
                if one is not None:
                    one.began(started.started_us, now, now_us)
            for key in batch.freed:
                host.leaked.discard(key)
                host.dues.pop(key, None)
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
            self._hello = hello
            self._terms = Terms(hello.handlers)
            held, self._held = self._held, deque()
            self._hand_over(host, held)
            self._changed.notify_all()

    def _died_process(self, process: ChildProcess, death: Death) -> None:
        now, now_us = self._clock.monotonic(), self._clock.now_us()
        warnings: tuple[str, ...] = ()
        with self._changed:
            host = self._host_of(process)
            if host is None:
                return
            self._hosts.remove(host)
            endings = [self._last_word(host, one, death, now_us) for one in host.given.values()]
            freed = tuple(host.leaked)
            if not self._closing and host.killed is None and host.retire_until is None:
                warnings = (f"the host process {process.pid} died: {death.reason}\n{death.fault}".rstrip(),)
                quick = not host.ready or now - process.started_at < QUICK_DEATH_S
                self._deaths = self._deaths + 1 if quick else 0
                pause = BACKOFF_S[min(self._deaths, len(BACKOFF_S)) - 1] if self._deaths else 0.0
                self._spawn_at = now + pause * (1 + self._jitter()) / 2
            if self._hello is None and self._failure is None:
                self._failure = death
            self._changed.notify_all()
        if endings or warnings or freed:
            self._deliver(Batch(endings=tuple(endings), freed=freed, warnings=warnings))
        self._keeper.poke()

    def _last_word(self, host: HostProcess, one: Given, death: Death, now_us: int) -> Ending:
        if one.stop is not None and KINDS[one.stop] is not EndKind.RELEASED:
            return one.stopped(one.stop, now_us)
        if host.killed is not None:
            return one.released("host_killed", f"its host process was ended: {host.killed}", now_us)
        if self._closing or one.stop is not None:
            return one.stopped(one.stop or StopReason.SHUTDOWN, now_us)
        return one.died(EndKind.SUSPECT, death, now_us)

    # -- the keeper's look ---------------------------------------------------------------------------------------

    def _tick(self) -> float | None:
        now, now_us = self._clock.monotonic(), self._clock.now_us()
        warnings: list[str] = []
        ended: list[Ending] = []
        leaked: list[tuple[int, int]] = []
        with self._lock:
            for host in self._hosts:
                self._look_at(host, now, now_us, warnings, ended, leaked)
            spawn = self._opened and not self._closing and not any(host.retire_until is None for host in self._hosts)
            wait = self._spawn_at - now
            busy = any(host.given or host.dues or host.retire_until is not None for host in self._hosts)
        if spawn and wait <= 0:
            self._spawn()
        if ended or warnings:
            self._deliver(Batch(endings=tuple(ended), leaked=tuple(leaked), warnings=tuple(warnings)))
        if spawn and wait > 0:
            return min(wait, self._rhythm.tick_s) if busy else wait
        return self._rhythm.tick_s if busy else None

    def _spawn(self) -> None:
        with self._lock:  # its first word must find it in the list
            process = ChildProcess(
                self._spec, heard=self._heard, died=self._died_process, monotonic=self._clock.monotonic
            )
            self._hosts.append(HostProcess(process))

    def _look_at(
        self,
        host: HostProcess,
        now: float,
        now_us: int,
        warnings: list[str],
        ended: list[Ending],
        leaked: list[tuple[int, int]],
    ) -> None:
        silent = now - host.process.heard_at
        mute = host.ready and silent > self._rhythm.mute_s
        if host.given and host.ready and silent > self._rhythm.silent_s:
            if not host.silence_told:
                host.silence_told = True
                warnings.append(self._describe_silence(host, silent))
        else:
            host.silence_told = False
        if mute:
            for one, reason in self._overdue(host, now):
                del host.given[one.key]
                ended.append(one.stopped(reason, now_us))
                leaked.append(one.key)
                host.leaked.add(one.key)
                since = one.stopped_at if one.stop is not None else (one.deadline or now)
                host.dues[one.key] = since + one.grace_s
        if host.retire_until is None and any(due <= now for due in host.dues.values()):
            host.retire_until = now + self._rhythm.retire_s
            warnings.append(
                f"the host process {host.process.pid} retires: a body in it ignores its stop past its grace"
            )
        if host.retire_until is not None and host.killed is None:
            self._retire(host, now, stuck=mute or host.blocked)

    def _overdue(self, host: HostProcess, now: float) -> list[tuple[Given, StopReason]]:
        """Attempts of a mute host that were to end by now. Only as many as run at once may have begun."""
        found: list[tuple[Given, StopReason]] = []
        for _, one in zip(range(self._spec.concurrency), tuple(host.given.values()), strict=False):
            if one.stop is not None:
                if now > one.stopped_at + self._rhythm.late_s:
                    found.append((one, one.stop))
            elif one.deadline is not None and now > one.deadline + self._rhythm.late_s:
                found.append((one, StopReason.TIMEOUT))
        return found

    def _retire(self, host: HostProcess, now: float, *, stuck: bool) -> None:
        assert host.retire_until is not None
        if stuck:
            host.killed = "another body in it ignored its stop and kept all others from running"
        elif now >= host.retire_until:
            host.killed = "another body in it ignored its stop"
        elif not host.given:
            host.killed = "it had retired"
        if host.killed is not None:
            host.process.kill()

    # -- inside, under the lock ----------------------------------------------------------------------------------

    def _active(self) -> HostProcess | None:
        if self._hosts and self._hosts[-1].ready and self._hosts[-1].retire_until is None:
            return self._hosts[-1]
        return None

    def _hand_over(self, host: HostProcess, claims: Sequence[Claim]) -> None:
        now, now_us = self._clock.monotonic(), self._clock.now_us()
        terms, listed = self._terms, tuple(claims)
        for claim in listed:
            one = Given(claim, now=now, now_us=now_us, timeout_s=terms.timeout_s(claim), grace_s=terms.grace_s(claim))
            host.given[one.key] = one
        for start in range(0, len(listed), CLAIMS_MAX):
            host.process.send(Give(listed[start : start + CLAIMS_MAX]))

    def _host_of(self, process: ChildProcess) -> HostProcess | None:
        return next((host for host in self._hosts if host.process is process), None)

    def _describe_silence(self, host: HostProcess, silent: float) -> str:
        names = sorted({one.claim.name for one in host.given.values()})
        return f"the host process {host.process.pid} has shown no life for {silent:.1f} s; in it: {', '.join(names)}"

    def _unstarted(self, claim: Claim, reason: StopReason) -> Ending:
        return Ending(claim.id, claim.epoch, KINDS[reason], claim.claimed_us, claim.claimed_us)

    def _end(self, endings: Sequence[Ending]) -> None:
        if endings:
            self._deliver(Batch(endings=tuple(endings)))


def _nobody(batch: Batch) -> None:
    """Before `start` nothing was given, so nothing is said."""
