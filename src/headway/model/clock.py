"""The clock: the only module that reads the time. Everything else is given a `Clock` or a number.

Sources of the boot clock, which a step of the wall clock does not touch and which goes on while the machine sleeps:
Linux `CLOCK_BOOTTIME`; macOS `CLOCK_MONOTONIC_RAW`, which is `mach_continuous_time` there; elsewhere `time.monotonic`.
Its values mean something only together with the boot id: after a restart it begins again.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from headway.model.errors import OptionInvalid

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
BOOT_ID_UNKNOWN: Final = "unknown"
"""Where the system tells no boot id: leases of before a restart then end by time alone."""
SYSCTL_SECONDS_MAX: Final = 5


class Clock(Protocol):
    """What may be asked about time."""

    def now_us(self) -> int:
        """Wall clock: UTC microseconds since 1970. May be stepped."""
        ...

    def boot_us(self) -> int:
        """Boot clock in microseconds: never stepped, the same for all processes of one machine, begins anew at a restart."""
        ...

    def boot_id(self) -> str:
        """Which run of the machine `boot_us` belongs to."""
        ...

    def monotonic(self) -> float:
        """Seconds for measuring durations within this process."""
        ...


class SystemClock:
    """The machine's own clocks."""

    __slots__ = ("_boot_id",)

    def __init__(self) -> None:
        self._boot_id: str | None = None

    def now_us(self) -> int:
        """Wall clock: UTC microseconds since 1970."""
        return time.time_ns() // 1000

    def boot_us(self) -> int:
        """Boot clock in microseconds; its source is told in the module's docstring."""
        return _boot_ns() // 1000

    def boot_id(self) -> str:
        """The system's boot id, read once: a process does not outlive the boot it was started in."""
        if self._boot_id is None:
            self._boot_id = _read_boot_id()
        return self._boot_id

    def monotonic(self) -> float:
        """Seconds for measuring durations within this process."""
        return time.monotonic()


def busy_s() -> float:
    """Seconds that this thread has worked, waiting left out: for measuring what something costs."""
    return time.thread_time()


def to_us(moment: datetime) -> int:
    """UTC microseconds since 1970 of an aware datetime, exactly; a naive one is refused."""
    if moment.utcoffset() is None:
        msg = f"{moment!r} has no time zone, so it is not one moment: write datetime(..., tzinfo=timezone.utc) or ZoneInfo"
        raise OptionInvalid(msg)
    return (moment - EPOCH) // MICROSECOND


def from_us(us: int) -> datetime:
    """The aware UTC datetime of these microseconds since 1970."""
    return EPOCH + timedelta(microseconds=us)


if sys.platform == "linux":

    def _boot_ns() -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def _read_boot_id() -> str:
        try:
            return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        except OSError:  # pragma: no cover - a sandbox without /proc
            return BOOT_ID_UNKNOWN

elif sys.platform == "win32":  # pragma: no cover - another system

    def _boot_ns() -> int:
        return time.monotonic_ns()

    def _read_boot_id() -> str:
        import winreg

        place = r"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters"
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as key:
                return f"boot-{winreg.QueryValueEx(key, 'BootId')[0]}"
        except OSError:
            return BOOT_ID_UNKNOWN

else:  # pragma: no cover - another system

    def _boot_ns() -> int:
        if sys.platform == "darwin":
            return time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
        return time.monotonic_ns()

    def _read_boot_id() -> str:
        import subprocess  # 8 ms that a process on Linux never pays

        # The session's uuid where there is one: kern.boottime moves with every step of the wall clock.
        for name in ("kern.bootsessionuuid", "kern.boottime"):
            try:
                words = ["/usr/sbin/sysctl" if sys.platform == "darwin" else "/sbin/sysctl", "-n", name]
                done = subprocess.run(words, capture_output=True, text=True, timeout=SYSCTL_SECONDS_MAX, check=True)  # noqa: S603 - fixed words
            except (OSError, subprocess.SubprocessError):
                continue
            if done.stdout.strip():
                return done.stdout.strip()
        return BOOT_ID_UNKNOWN
