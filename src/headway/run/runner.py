"""The protocol between the worker and whatever executes functions: batches of claims in, batches of events out.

Three implementations, and everything above does not know which one it talks to:
`run/host.py` (a loop and threads in this process), `run/pipe.py` (a host process, or a child process for one job at a
time, behind a pipe). User code runs only below this line; the store is known only above it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from headway.model.claim import Claim
from headway.model.event import JobEvent
from headway.model.outcome import Ending, Report


class StopReason(StrEnum):
    """Why a running body is asked to stop."""

    CANCEL = "cancel"
    """A person or code asked: it ends cancelled."""
    TIMEOUT = "timeout"
    """Its time is over: it ends timed out."""
    SHUTDOWN = "shutdown"
    """The worker stops: it ends released, uncharged."""
    LEASE_LOST = "lease_lost"
    """The job belongs to somebody else now: stop, and say nothing."""


class StopAttempt(msgspec.Struct, frozen=True, array_like=True):
    """Stop one attempt."""

    id: int
    epoch: int
    reason: StopReason


class Started(msgspec.Struct, frozen=True, array_like=True):
    """An attempt's body began a while ago and still runs (short ones are never announced)."""

    id: int
    epoch: int
    started_us: int


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """What a runner says, all at once: most batches hold many endings."""

    endings: tuple[Ending, ...] = ()
    reports: tuple[Report, ...] = ()
    started: tuple[Started, ...] = ()
    leaked: tuple[tuple[int, int], ...] = ()
    """(id, epoch) of attempts that ended for the store (timed out, cancelled) while their body ignores its stop."""
    freed: tuple[tuple[int, int], ...] = ()
    """Leaked bodies that ended after all."""
    warnings: tuple[str, ...] = ()
    """Sentences for the worker's log: a blocked event loop (with the job's name), a body that ignores its stop, ..."""
    broken: str | None = None
    """The runner broke because of a defect, in words: what it was given may never end, so its worker must stop."""


Deliver = Callable[[Batch], None]
"""Given to a runner at its start; may be called from any thread; never blocks for long."""


class Runner(Protocol):
    """Executes claims. All methods may be called from any thread; none waits for user code except `close`."""

    def start(self, deliver: Deliver) -> None:
        """Make it ready; afterwards everything it has to say goes through `deliver`."""
        ...

    def give(self, claims: Sequence[Claim]) -> None:
        """Run these, as soon as there is room. Every claim given ends in exactly one Ending (also when the process dies)."""
        ...

    def stop(self, stops: Sequence[StopAttempt]) -> None:
        """Ask attempts to stop; unknown or ended ones are ignored. One that ignores it past its grace is killed where that can be done."""
        ...

    def tell(self, events: Sequence[JobEvent]) -> None:
        """Have the application's hooks told of these ends, which are durable. At most once; a pool of children tells nobody."""
        ...

    @property
    def can_start(self) -> bool:
        """Whether it can run what it is given; False while the system has no process to spare for it."""
        ...

    def release(self) -> None:
        """Give back, as RELEASED endings, what was given and not yet started."""
        ...

    def close(self, grace_s: float) -> None:
        """Stop everything still running (SHUTDOWN), wait at most `grace_s`, end what does not react; idempotent."""
        ...
