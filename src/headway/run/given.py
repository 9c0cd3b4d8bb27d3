"""A claim in a child process, as its parent keeps it: when it was given, when its time is over, how it was asked to stop."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Final

from headway.model.claim import Claim
from headway.model.outcome import Ending, EndKind, ErrorText
from headway.run.process import Death
from headway.run.runner import StopAttempt, StopReason
from headway.run.stops import code_of, kind_of
from headway.run.unstarted import unstarted

LOST_GRACE_S: Final = 1.0
"""However long a job's own grace is: so long may a body go on that belongs to another node."""


class Given:
    """Times are monotonic seconds unless they say `us`."""

    __slots__ = ("claim", "deadline", "grace_s", "key", "since_us", "stop", "stopped_at", "taken", "timeout_s")

    def __init__(self, claim: Claim, *, now: float, now_us: int, timeout_s: float | None, grace_s: float) -> None:
        self.claim = claim
        self.key = (claim.id, claim.epoch)
        self.since_us = now_us
        self.timeout_s = timeout_s
        self.grace_s = grace_s
        self.deadline = None if timeout_s is None else now + timeout_s
        """Counted from when it was given, until the child announces its start."""
        self.stop: StopReason | None = None
        self.taken = False
        """A child said that it has it: from then on it may have begun."""
        self.stopped_at = 0.0

    def began(self, started_us: int, now: float, now_us: int) -> None:
        """The child announced its start."""
        self.since_us = started_us
        if self.timeout_s is not None:
            self.deadline = now - max(0, now_us - started_us) / 1_000_000 + self.timeout_s

    def ask_stop(self, reason: StopReason, now: float) -> None:
        """Remember the first reason."""
        if self.stop is None:
            self.stop, self.stopped_at = reason, now
            if reason is StopReason.LEASE_LOST:  # another node may run it already: the two must not go on side by side
                self.grace_s = min(self.grace_s, LOST_GRACE_S)

    def stopped(self, reason: StopReason, now_us: int) -> Ending:
        """Its ending when it was stopped and says nothing itself."""
        words = None
        if reason is StopReason.TIMEOUT and self.timeout_s is not None:
            words = f"it ran longer than {self.timeout_s:g} s"
        claim = self.claim
        return Ending(claim.id, claim.epoch, kind_of(reason), self.since_us, now_us, code=code_of(reason), reason=words)

    def died(self, kind: EndKind, death: Death, now_us: int) -> Ending:
        """Its ending when its process died by itself."""
        claim = self.claim
        error = ErrorText(type="ProcessDied", message=death.reason, traceback=death.fault)
        return Ending(
            claim.id, claim.epoch, kind, self.since_us, now_us, code="crashed", reason=death.reason, error=error
        )

    def released(self, code: str, words: str, now_us: int) -> Ending:
        """Its ending when its process was ended for another's sake."""
        claim = self.claim
        return Ending(claim.id, claim.epoch, EndKind.RELEASED, self.since_us, now_us, code=code, reason=words)


def take_out(waiting: deque[Claim], stops: Mapping[tuple[int, int], StopAttempt]) -> list[Ending]:
    """Take the claims that are to be stopped out of those that wait; answers their endings."""
    ended = [unstarted(one, stops[one.id, one.epoch].reason) for one in waiting if (one.id, one.epoch) in stops]
    if ended:
        kept = [one for one in waiting if (one.id, one.epoch) not in stops]
        waiting.clear()
        waiting.extend(kept)
    return ended
