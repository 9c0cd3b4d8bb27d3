"""A host process as its runner keeps it: what it was given, what it owes, and when it is to be left."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from headway.model.claim import Claim
from headway.model.outcome import Ending, EndKind
from headway.run.frames import CLAIMS_MAX, Give
from headway.run.given import Given
from headway.run.process import ChildProcess, Death
from headway.run.runner import Batch, StopReason
from headway.run.settings import HostSettings
from headway.run.stops import kind_of
from headway.run.terms import Terms

TICK_S: Final = 0.1
SILENT_S: Final = 3.0
MUTE_S: Final = 1.5
LATE_S: Final = 1.0
RETIRE_S: Final = 60.0
START_S: Final = 60.0
YOUNG_S: Final = 5.0
Key = tuple[int, int]


class Rhythm(msgspec.Struct, frozen=True, kw_only=True):
    """How patient a parent is with its host processes; seconds."""

    tick_s: float = TICK_S
    silent_s: float = SILENT_S
    """A host that shows no life for so long is reported."""
    mute_s: float = MUTE_S
    """A host that shows no life for so long is not trusted to enforce time-outs and stops."""
    late_s: float = LATE_S
    """How long after its deadline an attempt in a mute host is ended from outside."""
    retire_s: float = RETIRE_S
    """How long the other attempts of a retiring host may go on."""
    start_s: float = START_S
    """A host that has not imported its application by then is killed."""


@dataclass(slots=True)
class Look:
    """What a look at a host found."""

    ended: list[Ending] = field(default_factory=list)
    leaked: list[Key] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class HostProcess:
    """Its runner's lock guards it."""

    __slots__ = (
        "blocked",
        "dues",
        "given",
        "killed",
        "leaked",
        "process",
        "ready",
        "retire_until",
        "settle_grace_s",
        "silence_told",
    )

    def __init__(self, process: ChildProcess) -> None:
        self.process = process
        self.ready = False
        self.settle_grace_s = HostSettings().settle_grace_s
        """As it says in its Hello."""
        self.blocked = False
        """It said that its loop does not turn."""
        self.given: dict[Key, Given] = {}
        """In the order in which it was given."""
        self.leaked: set[Key] = set()
        self.dues: dict[Key, float] = {}
        """When the grace of a body that ignores its stop is over."""
        self.retire_until: float | None = None
        self.silence_told = False
        self.killed: str | None = None
        """Why it was killed from outside."""

    def is_young(self, now: float) -> bool:
        """Whether it has only just begun: one that dies so early may well do so again."""
        return not self.ready or now - self.process.started_at < YOUNG_S

    @property
    def inside(self) -> Collection[Given]:
        """What it was given, in that order."""
        return self.given.values()

    def find(self, key: Key) -> Given | None:
        """An attempt that it was given."""
        return self.given.get(key)

    def cut_off(self) -> None:
        """The worker stops: what is in it is given back."""
        self.killed = self.killed or "the worker stops"
        self.process.kill()

    def hand(self, claims: Sequence[Claim], terms: Terms, now: float, now_us: int) -> list[Claim]:
        """Have it run these; answers the ones that it cannot get any more."""
        listed = tuple(claims)
        lost: list[Claim] = []
        for claim in listed:
            one = Given(claim, now=now, now_us=now_us, timeout_s=terms.timeout_s(claim), grace_s=terms.grace_s(claim))
            self.given[one.key] = one
        for start in range(0, len(listed), CLAIMS_MAX):
            part = listed[start : start + CLAIMS_MAX]
            if not self.process.send(Give(part)):
                # It is dead already, which is noticed in a moment: these never reached it.
                for claim in part:
                    del self.given[claim.id, claim.epoch]
                lost.extend(part)
        return lost

    def take(self, batch: Batch, now: float, now_us: int) -> tuple[Ending, ...]:
        """Enter what the host says; answers the endings that count: what was ended from outside is not ended again."""
        endings = tuple(one for one in batch.endings if (one.id, one.epoch) in self.given)
        for key in batch.leaked:
            leaking = self.given.get(key)
            if leaking is not None:
                self.leaked.add(key)
                self.dues[key] = now + max(0.0, leaking.grace_s - self.settle_grace_s)
        for ending in endings:
            del self.given[ending.id, ending.epoch]
        for started in batch.started:
            beginning = self.given.get((started.id, started.epoch))
            if beginning is not None:
                beginning.began(started.started_us, now, now_us)
        for key in batch.freed:
            self.leaked.discard(key)
            self.dues.pop(key, None)
        return endings

    def look(self, now: float, now_us: int, rhythm: Rhythm, concurrency: int) -> Look:
        """End what a mute host should have ended; retire it, or kill it, when it is time."""
        seen = Look()
        silent = now - self.process.heard_at
        if not self.ready:
            if now - self.process.started_at > rhythm.start_s and self.killed is None:
                self.process.kill()
                seen.warnings.append(f"the host process {self.process.pid} had not started after {rhythm.start_s:g} s")
            return seen
        mute = silent > rhythm.mute_s
        self._tell_silence(silent, rhythm, seen)
        if mute:
            for one, reason in self._overdue(now, rhythm.late_s, concurrency):
                del self.given[one.key]
                seen.ended.append(one.stopped(reason, now_us))
                seen.leaked.append(one.key)
                self.leaked.add(one.key)
                since = one.stopped_at if one.stop is not None else (one.deadline or now)
                self.dues[one.key] = since + one.grace_s
        if self.retire_until is None and any(due <= now for due in self.dues.values()):
            self.retire_until = now + rhythm.retire_s
            seen.warnings.append(
                f"the host process {self.process.pid} retires: a body in it ignores its stop past its grace"
            )
        if self.retire_until is not None and self.killed is None:
            self._retire(now, self.retire_until, stuck=mute or self.blocked)
        return seen

    def last_word(self, one: Given, death: Death, now_us: int, *, closing: bool) -> Ending:
        """The ending of an attempt that was in it when it died."""
        if one.stop is not None and kind_of(one.stop) is not EndKind.RELEASED:
            return one.stopped(one.stop, now_us)
        if self.killed is not None:
            return one.released("host_killed", f"its host process was ended: {self.killed}", now_us)
        if closing or one.stop is not None:
            return one.stopped(one.stop or StopReason.SHUTDOWN, now_us)
        return one.died(EndKind.SUSPECT, death, now_us)

    def _tell_silence(self, silent: float, rhythm: Rhythm, seen: Look) -> None:
        if not self.given or silent <= rhythm.silent_s:
            self.silence_told = False
        elif not self.silence_told:
            self.silence_told = True
            names = ", ".join(sorted({one.claim.name for one in self.given.values()}))
            seen.warnings.append(
                f"the host process {self.process.pid} has shown no life for {silent:.1f} s; in it: {names}"
            )

    def _overdue(self, now: float, late_s: float, concurrency: int) -> list[tuple[Given, StopReason]]:
        """Attempts that were to end by now. Only the first as many as run at once can have begun."""
        found: list[tuple[Given, StopReason]] = []
        for _, one in zip(range(concurrency), tuple(self.given.values()), strict=False):
            if one.stop is not None:
                if now > one.stopped_at + late_s:
                    found.append((one, one.stop))
            elif one.deadline is not None and now > one.deadline + late_s:
                found.append((one, StopReason.TIMEOUT))
        return found

    def _retire(self, now: float, until: float, *, stuck: bool) -> None:
        if stuck:
            self.killed = "another body in it ignored its stop and kept all others from running"
        elif now >= until:
            self.killed = "another body in it ignored its stop"
        elif not self.given:
            self.killed = "it had retired"
        if self.killed is not None:
            self.process.kill()
