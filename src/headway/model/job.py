"""The states of a job, the transitions between them, and the row that pages and programs read.

The meaning of each state and arrow is told in docs/lifecycle.md; this module is the table that code obeys.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from headway.model.rate import Window


class State(StrEnum):
    """Where a job is in its life; a job is in exactly one state."""

    SCHEDULED = "scheduled"
    """Due later: a delay, or the pause before a retry."""
    WAITING = "waiting"
    """Held by parents that have not completed."""
    QUEUED = "queued"
    """Due and ready to be claimed."""
    RUNNING = "running"
    """Claimed by a node under a lease."""
    EXECUTED = "executed"
    """The result is durable, the callback is still to run."""
    COMPLETED = "completed"
    """Ended well."""
    FAILED = "failed"
    """Ended badly, for good; reopened only by requeue."""
    CANCELLED = "cancelled"
    """Ended because somebody, a parent or an expiry said so."""
    SKIPPED = "skipped"
    """Never run, because a condition was not met."""

    @property
    def is_final(self) -> bool:
        """Whether nothing but an explicit requeue leaves this state."""
        return self in FINAL

    @property
    def group(self) -> str:
        """The coarse name for clients that know six states: Pending, Running, Completed, Failed, Cancelled, Skipped."""
        match self:
            case State.SCHEDULED | State.WAITING | State.QUEUED:
                return "Pending"
            case State.RUNNING | State.EXECUTED:
                return "Running"
            case _:
                return self.value.capitalize()


FINAL: Final = frozenset({State.COMPLETED, State.FAILED, State.CANCELLED, State.SKIPPED})
PENDING: Final = frozenset({State.SCHEDULED, State.WAITING, State.QUEUED})

TRANSITIONS: Final[Mapping[State, frozenset[State]]] = MappingProxyType(
    {
        State.SCHEDULED: frozenset({State.QUEUED, State.WAITING, State.CANCELLED}),
        State.WAITING: frozenset({State.QUEUED, State.SCHEDULED, State.CANCELLED, State.SKIPPED}),
        State.QUEUED: frozenset({State.RUNNING, State.SCHEDULED, State.WAITING, State.CANCELLED}),
        State.RUNNING: frozenset(
            {State.QUEUED, State.SCHEDULED, State.EXECUTED, State.COMPLETED, State.FAILED, State.CANCELLED}
        ),
        State.EXECUTED: frozenset({State.COMPLETED, State.FAILED}),
        State.COMPLETED: frozenset(),
        State.FAILED: frozenset({State.QUEUED, State.WAITING, State.EXECUTED}),
        State.CANCELLED: frozenset({State.QUEUED, State.WAITING, State.SCHEDULED}),
        State.SKIPPED: frozenset({State.QUEUED, State.WAITING, State.SCHEDULED}),
    }
)
"""Every arrow of the state diagram; whatever is not listed is refused by the stores and changes nothing."""


def may_become(old: State, new: State) -> bool:
    """Tell whether the state diagram has an arrow from `old` to `new`."""
    return new in TRANSITIONS[old]


class JobRow(msgspec.Struct, frozen=True, kw_only=True):
    """One job as the store knows it: light, without payload, result or traceback. Times are UTC microseconds."""

    id: int
    """Grows; never reused within a store."""
    app: str
    ref_id: str
    """Unique within the app; made by the client before the insert."""
    name: str
    """The handler's registered name."""
    queue: str
    state: State
    priority: int
    """Higher first."""
    created_us: int
    due_us: int
    """Not started before this moment."""
    started_us: int | None
    """Start of the latest attempt."""
    finished_us: int | None
    expires_us: int | None
    epoch: int
    """The fence: grows by one at each claim."""
    tries: int
    """Attempts that failed or timed out since the latest requeue."""
    crashes: int
    """Attempts that died alone in a child process since the latest requeue."""
    retries: int
    """Re-tries allowed after the first run."""
    node_id: int | None
    """The node that runs it."""
    code: str | None
    """Why it is in this state, as a word: timeout, parent_failed, expired, poison, ..."""
    reason: str | None
    """The same as a short sentence for people."""
    cancel_us: int | None
    """When somebody asked to cancel the running attempt."""
    cancel_by: str | None
    blocked: str | None
    """What keeps a queued job from being claimed: unknown_handler, ..."""
    parents_left: int
    suspect: int
    """How often it was running in a process that died with several attempts inside."""
    tags: tuple[str, ...]
    created_by: str | None
    user_id: str | None
    batch_id: str | None
    reply_to: str | None
    parent_id: int | None
    """A link to the job it came from; it gates nothing."""
    fraction: float | None
    """Reported progress, 0 to 1."""
    message: str | None
    """The text of the latest progress report."""
    status: str | None
    """The latest status text."""
    archived: bool
    """Whether payload, result, attempts and log lie in the month's archive."""
    lane: str | None = None
    """The named worker that it runs on, one at a time."""
    key: str | None = None
    """Its concurrency key, and how many of that may run at once."""
    key_limit: int | None = None
    unique_key: str | None = None
    batch: int | None = None
    """The number of the batch that counts it."""
    condition: str | None = None
    """How its parents must have ended; None: all well, or it is cancelled."""
    has_callback: bool = False
    """Its success is followed by a callback."""
    callback_of: int | None = None
    """The job whose callback it is."""
    replay_of: int | None = None
    """The job that it repeats."""
    key_rate: Window | None = None
    """How many of its concurrency key may start in a span."""
    tenant: str | None = None
    """For whom it is done, in an application that works for several."""

    @property
    def attempt(self) -> int:
        """The number of its present or latest attempt, as that attempt's `ctx.attempt` says it; 0 before the first.

        Attempts that were given back uncharged (released, snoozed) do not count, nor do those before the latest requeue.
        """
        return self.tries + self.crashes + self._has_uncharged()

    def _has_uncharged(self) -> bool:
        """Whether the latest attempt counts and was charged neither as a failure nor as a crash."""
        match self.state:
            case State.RUNNING | State.EXECUTED | State.COMPLETED:
                return True
            case State.FAILED:
                # Failed at its first interruption, as one of several in a process that died: nobody is charged for that.
                # Or it has returned, and its callback did not.
                return (self.code == "interrupted" and self.crashes == 0) or self.code == "callback_failed"
            case State.CANCELLED:
                # A pause, a snooze or a requeue moves the moment from which it is due past its latest start.
                was_running = self.started_us is not None and self.started_us >= self.due_us
                return was_running and self.code != "timeout"
            case _:
                return False
