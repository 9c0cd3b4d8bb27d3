"""When the engine looks at the store for work: when it was rung, when something is due, and when no wake-up came for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.worker.pause import pause_s

if TYPE_CHECKING:
    from headway.model.clock import Clock
    from headway.worker.lookout import Lookout


class Looking:
    """Rung from any thread; everything else is the engine's."""

    def __init__(self, lookout: Lookout, clock: Clock) -> None:
        """The first turn looks."""
        self._lookout = lookout
        self._clock = clock
        self._woken = True
        self.is_wanted = True
        """The next turn looks whatever is due."""
        self.next_due_us: int | None = None
        """When something becomes ready by itself, as the store said last."""

    def begin(self, *, woken: bool) -> None:
        """A turn begins, because of a wake-up or for lack of one."""
        self._woken = woken

    def take(self) -> bool:
        """Whether this turn looks. Where no wake-up came and a glance costs less than a look, the glance tells."""
        wanted, self.is_wanted = self.is_wanted, False
        return wanted or not (self._woken or self._is_quiet())

    @property
    def is_due(self) -> bool:
        """Whether that moment has come."""
        return self.next_due_us is not None and self.next_due_us <= self._clock.now_us()

    def pause_s(self, failures: int) -> float:
        """How long to sleep until the next turn, after so many failures in a row."""
        return pause_s(failures, self.next_due_us, self._clock.now_us())

    def _is_quiet(self) -> bool:
        glance = self._lookout.now()
        if glance is None:
            return False
        self.next_due_us = glance.next_due_us
        return not glance.ready
