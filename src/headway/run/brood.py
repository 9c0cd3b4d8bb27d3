"""The child processes of one runner: started, heard, outlived and buried, under one lock, with what waits for them.

What a process says and its death come on that process's own thread; the keeper's thread looks at the time. Whoever of
them finds the process still in the brood acts; afterwards nothing of it counts any more, so every claim ends once.
"""

from __future__ import annotations

import logging
import random
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import ClassVar, Final, Generic, Protocol, TypeVar

import msgspec

from headway.model.claim import Claim
from headway.model.clock import Clock, SystemClock
from headway.model.outcome import Ending
from headway.run.frames import CloseNow, FromChild, ReleaseAll, Said, Spec, StopThese
from headway.run.given import Given, take_out
from headway.run.keeper import Keeper, Respawn
from headway.run.process import ChildProcess, Death
from headway.run.runner import Batch, Deliver, StopAttempt, StopReason
from headway.run.unstarted import unstarted

CLOSE_MARGIN_S: Final = 1.0
"""How long a process that was killed may take to be buried."""
NOTHING: Final = Batch()

log = logging.getLogger(__name__)


class Member(Protocol):
    """A process as its brood keeps it; the brood's lock guards it."""

    process: ChildProcess

    @property
    def inside(self) -> Collection[Given]:
        """The attempts in it."""
        ...

    def find(self, key: tuple[int, int]) -> Given | None:
        """The attempt with this (id, epoch), if it is in it."""
        ...

    def take(self, batch: Batch, now: float, now_us: int) -> tuple[Ending, ...]:
        """Enter what it says; answers the endings that count."""
        ...

    def cut_off(self) -> None:
        """Kill it because the worker stops."""
        ...


M = TypeVar("M", bound=Member)


class Brood(ABC, Generic[M]):
    """What all Runners over child processes have in common. Everything beyond is said by the one that derives from it."""

    patience_s: ClassVar[float] = 0.0
    """Beyond the grace of a close: how long a process may take to say its last words."""

    def __init__(
        self, spec: Spec, *, name: str, clock: Clock | None, jitter: Callable[[], float] = random.random
    ) -> None:
        self._spec = spec
        self._clock: Clock = clock or SystemClock()
        self._respawn = Respawn(jitter)
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._members: list[M] = []
        self._waiting: deque[Claim] = deque()
        """Given, and still with no process."""
        self._deliver: Deliver = _nobody
        self._closing = False
        self._looked_at = 0.0
        self._keeper = Keeper(name, self._tick)

    # -- Runner --------------------------------------------------------------------------------------------------

    def start(self, deliver: Deliver) -> None:
        """Begin to deliver."""
        self._deliver = deliver
        self._keeper.start()

    def give(self, claims: Sequence[Claim]) -> None:
        """Hand them to a process, or keep them until there is one."""
        with self._lock:
            if not self._closing:
                self._waiting.extend(claims)
                self._assign()
                claims = ()
        self._end([unstarted(claim, StopReason.SHUTDOWN) for claim in claims])
        self._keeper.poke()

    def stop(self, stops: Sequence[StopAttempt]) -> None:
        """Pass the request on to the process that has the attempt, and remember it; what waits ends at once."""
        now = self._clock.monotonic()
        with self._lock:
            asked = {(one.id, one.epoch): one for one in stops}
            for member in self._members:
                mine: list[StopAttempt] = []
                for key in tuple(asked):
                    given = member.find(key)
                    if given is not None:
                        given.ask_stop(asked[key].reason, now)
                        mine.append(asked.pop(key))
                if mine:
                    member.process.send(StopThese(tuple(mine)))
            ended = take_out(self._waiting, asked)
        self._end(ended)
        self._keeper.poke()

    @property
    def can_start(self) -> bool:
        """Whether a process is there, or may be started now."""
        return bool(self._members) or self._respawn.wait_s(self._clock.monotonic()) <= 0

    def release(self) -> None:
        """Have everything given back that has not begun."""
        with self._lock:
            waiting, self._waiting = self._waiting, deque()
            for member in self._members:
                member.process.send(ReleaseAll())
        self._end([unstarted(claim, StopReason.SHUTDOWN) for claim in waiting])

    def close(self, grace_s: float) -> None:
        """Ask everybody to go, kill those that do not, and give back what is left; idempotent."""
        with self._lock:
            first, self._closing = not self._closing, True
        self.release()
        with self._changed:
            if first:
                self._part(grace_s)
            self._changed.wait_for(self._is_empty, grace_s + self.patience_s)
            for member in self._members:
                member.cut_off()
            self._changed.wait_for(self._is_empty, CLOSE_MARGIN_S)
            left = [one for member in self._members for one in member.inside]
            self._members.clear()
        self._end([one.stopped(one.stop or StopReason.SHUTDOWN, self._clock.now_us()) for one in left])
        self._keeper.close()

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that live now."""
        with self._lock:
            return tuple(member.process.pid for member in self._members)

    # -- for the one that derives --------------------------------------------------------------------------------

    @abstractmethod
    def _tick(self) -> float | None:
        """The keeper's look; answers the pause until the next one (None: until something happens)."""

    @abstractmethod
    def _make(self, process: ChildProcess) -> M:
        """A new process joins; under the lock."""

    @abstractmethod
    def _assign(self) -> None:
        """Hand what waits to whoever can take it; under the lock."""

    @abstractmethod
    def _hear(self, process: ChildProcess, message: FromChild) -> None:
        """What a process says beside the news of its attempts."""

    @abstractmethod
    def _said(self, member: M, batch: Batch) -> None:
        """After news of its attempts were delivered."""

    @abstractmethod
    def _bury(self, member: M, death: Death, now: float, now_us: int) -> Batch:
        """A process has died, and left the brood; answers what is to be told of that. Under the lock."""

    def _part(self, grace_s: float) -> None:
        """Ask everybody to go; under the lock."""
        for member in self._members:
            member.process.send(CloseNow(grace_s))

    def _spawn(self) -> None:
        with self._lock:  # its first word must find it in the list
            clock = self._clock.monotonic
            process = ChildProcess(self._spec, heard=self._heard, died=self._died, monotonic=clock)
            self._members.append(self._make(process))

    def _member(self, process: ChildProcess) -> M | None:
        return next((member for member in self._members if member.process is process), None)

    def _end(self, endings: Sequence[Ending]) -> None:
        if endings:
            self._deliver(Batch(endings=tuple(endings)))

    def _has_paused(self, now: float, longest_s: float) -> bool:
        """Whether this process itself stood still (stopped, starved): then what the others said is still to be read."""
        paused, self._looked_at = now - self._looked_at > longest_s, now
        return paused

    # -- on the threads of the processes -------------------------------------------------------------------------

    def _heard(self, process: ChildProcess, message: FromChild) -> None:
        if not isinstance(message, Said):
            self._hear(process, message)
            return
        batch = message.batch
        now, now_us = self._clock.monotonic(), self._clock.now_us()
        with self._lock:
            member = self._member(process)
            if member is None:
                return
            endings = member.take(batch, now, now_us)
        if len(endings) != len(batch.endings):
            batch = msgspec.structs.replace(batch, endings=endings)
        self._deliver(batch)
        self._said(member, batch)

    def _died(self, process: ChildProcess, death: Death) -> None:
        now, now_us = self._clock.monotonic(), self._clock.now_us()
        with self._changed:
            member = self._member(process)
            if member is None:
                return
            self._members.remove(member)
            try:
                batch = self._bury(member, death, now, now_us)
            except Exception as error:  # what was in it would be waited for in vain
                words = f"the end of the process {process.pid} could not be told because of a defect: {error!r}"
                log.critical("%s", words, exc_info=True)
                batch = Batch(broken=words)
            self._changed.notify_all()
        if batch != NOTHING:
            self._deliver(batch)
        self._keeper.poke()

    def _is_empty(self) -> bool:
        return not self._members


def _nobody(_batch: Batch) -> None:
    """Nobody listens yet."""
