"""A clock that belongs to the test: it moves only when the test moves it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Final

from headway.model.clock import MICROSECOND, SystemClock, from_us, to_us
from headway.model.errors import OptionInvalid

START: Final = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
"""Where a clock begins that is given no start: always the same moment, so that a test says the same on every day."""
BOOT_START_US: Final = 1_000_000_000
BOOT_ID: Final = "fake-boot"
SECOND_US: Final = 1_000_000


class FakeClock:
    """A `Clock` of the test's own. The wall clock can be stepped apart from the boot clock, as a person setting the date does.

    Safe from any thread. `asyncio.sleep`, `time.sleep` and `datetime.now` know nothing of it: they use real time.
    """

    def __init__(self, start: datetime | None = None) -> None:
        """Begin at that moment, which must have a time zone."""
        self._wall_us = to_us(START if start is None else start)
        self._boot_us = BOOT_START_US
        self._lock = threading.Lock()

    @classmethod
    def at_present(cls) -> FakeClock:
        """One that begins at the real moment, and stands still there."""
        return cls(from_us(SystemClock().now_us()))

    def now(self) -> datetime:
        """The wall clock's moment, in UTC."""
        return from_us(self.now_us())

    def advance(self, by: timedelta) -> None:
        """Time passes, on every clock. It cannot pass backwards: OptionInvalid."""
        us = by // MICROSECOND
        if us < 0:
            raise OptionInvalid(f"time cannot pass by {by}: set the date back with step_wall({by!r})")
        with self._lock:
            self._wall_us += us
            self._boot_us += us

    def set(self, moment: datetime) -> None:
        """Let time pass until that moment, which must not be over: OptionInvalid."""
        moment_us = to_us(moment)
        with self._lock:
            us = moment_us - self._wall_us
            if us >= 0:
                self._wall_us += us
                self._boot_us += us
                return
        raise OptionInvalid(f"{moment} is over, it is {self.now()}: set the date back with step_wall(...)")

    def step_wall(self, by: timedelta) -> None:
        """Somebody sets the date, forwards or back; the boot clock and `monotonic` do not notice."""
        with self._lock:
            self._wall_us += by // MICROSECOND

    # -- Clock ---------------------------------------------------------------------------------------------------

    def now_us(self) -> int:
        """Wall clock: UTC microseconds since 1970."""
        return self._wall_us

    def boot_us(self) -> int:
        """Boot clock in microseconds."""
        return self._boot_us

    def boot_id(self) -> str:
        """Always the same: this machine never restarts."""
        return BOOT_ID

    def monotonic(self) -> float:
        """Seconds of the boot clock."""
        return self._boot_us / SECOND_US

    def __repr__(self) -> str:
        return f"<FakeClock {self.now().isoformat()}>"
