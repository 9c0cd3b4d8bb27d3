"""One attempt inside a host: its claim, its stop request, its words, and who may end it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import msgspec

from headway.model.claim import Claim, NewJob
from headway.model.context import Context
from headway.model.handler import NO_OVERRIDES, Handler, read_overrides
from headway.model.outcome import Report
from headway.run.buffer import Buffer
from headway.run.runner import StopReason
from headway.run.site import Site

if TYPE_CHECKING:
    from headway.model.stats import Stats

Key = tuple[int, int]
"""(id, epoch)"""
SECOND_US: Final = 1_000_000


class Attempt:
    """The mutable state of one attempt. It is the voice and the token of its Context."""

    __slots__ = (
        "announced",
        "buffer",
        "children",
        "claim",
        "context",
        "deadline",
        "delay_us",
        "entered",
        "handler",
        "key",
        "marked",
        "options",
        "site",
        "started_at",
        "started_us",
        "stop",
        "stop_at",
        "task",
        "tasks",
    )

    def __init__(self, claim: Claim, handler: Handler, site: Site) -> None:
        self.claim = claim
        self.handler = handler
        self.key: Key = (claim.id, claim.epoch)
        self.site = site
        self.options = read_overrides(claim.options)
        self.context = Context(claim, self, site.application)
        self.buffer: Buffer | None = None
        self.children: list[NewJob] | None = None
        self.marked: str | None = None
        """JSON of the result that the job's own transaction was committed with."""
        self.started_us = 0
        self.started_at = 0.0
        """Monotonic seconds."""
        self.deadline: float | None = None
        self.delay_us: int | None = None
        """The pause before a retry, once it was worked out: a body that ignored its stop ends a second time, for nobody."""
        self.announced = False
        self.entered = False
        """The body has begun and not ended: an interruption reaches it."""
        self.stop: StopReason | None = None
        self.stop_at = 0.0
        """When the ending is reported without the body; monotonic seconds."""
        self.task: asyncio.Task[Any] | None = None
        self.tasks: set[asyncio.Task[Any]] | None = None
        """asyncio tasks that the body started on the host's own loop and that still run."""

    def begin(self, now_us: int, now: float) -> None:
        """The body begins: its time runs."""
        self.started_us = now_us
        self.started_at = now
        if self.options is not NO_OVERRIDES or self.handler.timeout is not None:
            seconds = self.timeout_s
            self.deadline = None if seconds is None else now + seconds

    @property
    def timeout_s(self) -> float | None:
        """Seconds that the body may take; None: no limit."""
        timeout_us = self.options.timeout_us
        if not isinstance(timeout_us, msgspec.UnsetType):
            return None if timeout_us is None else timeout_us / SECOND_US
        timeout = self.handler.timeout
        return None if timeout is None else timeout.total_seconds()

    @property
    def patience_s(self) -> float:
        """How long the body may go on after its stop before the end is reported without it.

        On a named worker for its whole grace: once the end is durable the next job starts there.
        """
        least = self.site.settings.settle_grace_s
        if self.claim.lane is None:
            return least
        grace_us = self.options.grace_us
        grace = self.handler.grace.total_seconds() if isinstance(grace_us, msgspec.UnsetType) else grace_us / SECOND_US
        return max(least, grace)

    def failed(self, error: BaseException) -> None:
        """It ended before its hooks were opened; for whoever wants the error itself and not as text."""

    def report(self, *, last: bool = False) -> Report | None:
        """What was said since the latest report."""
        buffer = self.buffer
        return None if buffer is None else buffer.take(self.claim.id, self.claim.epoch, last=last)

    # -- Token ---------------------------------------------------------------------------------------------------

    @property
    def cancelled(self) -> bool:
        """Whether it was asked to stop."""
        return self.stop is not None

    @property
    def reason(self) -> str | None:
        """Why it was asked to stop."""
        return self.stop.value if self.stop is not None else None

    # -- Voice ---------------------------------------------------------------------------------------------------

    @property
    def token(self) -> Attempt:
        """The stop request."""
        return self

    @property
    def log_level(self) -> int:
        """The least level that enters the job's log."""
        return self.site.settings.log_level

    def words(self) -> Buffer:
        """The buffer, made at the first word."""
        if self.buffer is None:
            with self.site.lock:  # two threads of one job may come here at once
                if self.buffer is None:
                    self.buffer = Buffer(self.site.now_us, self.claim.checkpoint)
        return self.buffer

    def progress(self, fraction: float, message: str | None, *, bare: bool) -> None:
        """Take a progress report."""
        self.words().progress(fraction, message, bare=bare)

    def status(self, text: str) -> None:
        """Take a status text."""
        self.words().status(text)

    def line(self, level: int, text: str) -> None:
        """Take a log line."""
        self.words().line(level, text)

    def watch_stats(self, stats: Stats) -> None:
        """Report these counters from now on."""
        self.words().watch_stats(stats)

    def watch_state(self, state: dict[str, Any]) -> None:
        """Save this checkpoint from now on."""
        self.words().watch_state(state)

    def done(self, result: str) -> None:
        """Take what the job's own transaction was committed with."""
        self.marked = result

    def enqueue(self, job: NewJob) -> None:
        """Keep a child job until the attempt succeeds."""
        if self.children is None:
            self.children = []
        self.children.append(job)
