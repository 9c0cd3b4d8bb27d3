"""The pulse of a host's loop: pinged while it has bodies, and reported once when it does not answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from headway.run.attempt import Attempt
from headway.run.loop import LoopLane
from headway.run.outbox import Outbox

PING_S: Final = 0.25


class Pulse:
    """Looked at by the watcher's thread only."""

    def __init__(self, lane: LoopLane, outbox: Outbox, blocked_after_s: float) -> None:
        self._lane = lane
        self._outbox = outbox
        self._blocked_after_s = blocked_after_s
        self._pinged_at: float | None = None
        self.is_blocked = False
        """Whether the loop has not answered for longer than that."""

    def look(self, now: float, bodies: Sequence[Attempt], *, leaked: bool) -> None:
        """Ping the loop; warn once when it does not answer, naming the job that keeps it."""
        lane = self._lane
        if lane.thread_id is None or not (bodies or leaked):
            self._pinged_at, self.is_blocked = None, False
            return
        if self._pinged_at is None or (lane.answered_at >= self._pinged_at and now - self._pinged_at >= PING_S):
            self.is_blocked = False
            self._pinged_at = now
            lane.ping()
            return
        waited = now - self._pinged_at
        if lane.answered_at >= self._pinged_at or self.is_blocked or waited < self._blocked_after_s:
            return
        self.is_blocked = True
        self._outbox.warn(lane.describe_block(waited, bodies))
