"""A worker's turns taken by hand: claim a job and end it, without running anything."""

from collections.abc import Callable
from dataclasses import dataclass, field

from headway import Jobs
from headway.model.claim import Claim
from headway.model.outcome import EndKind, ErrorText
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.world import World


@dataclass(slots=True)
class ClockWaiter:
    """Time passes when somebody waits for it; `then` is done at each pause."""

    clock: OwnedClock
    then: Callable[[], None] | None = None
    pauses: list[float] = field(default_factory=list)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.advance(seconds)
        if self.then is not None:
            self.then()

    async def apause(self, seconds: float) -> None:
        self.pause(seconds)


@dataclass(slots=True, kw_only=True)
class Turns:
    """One node that knows every handler of these jobs."""

    jobs: Jobs
    clock: OwnedClock
    _node: int | None = None

    @property
    def world(self) -> World:
        return World(store=self.jobs.store, clock=self.clock)

    @property
    def node(self) -> int:
        if self._node is None:
            self._node = self.world.node("hand", names=self.jobs.registry.names())
        return self._node

    def claim(self) -> Claim:
        (claim,) = self.world.claim(self.node, names=self.jobs.registry.names())
        return claim

    def complete(self, result: str = "null") -> Claim:
        claim = self.claim()
        self.world.end(self.node, claim, result=result)
        return claim

    def fail(self, message: str = "no", **facts: object) -> Claim:
        claim = self.claim()
        error = ErrorText(type="ValueError", message=message, traceback=f"Traceback\nValueError: {message}")
        self.world.end(self.node, claim, EndKind.RAISED, permanent=True, error=error, reason=message, **facts)
        return claim
