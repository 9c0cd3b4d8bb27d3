"""A clock that moves only when a test says so; the wall and the boot clock can be stepped apart."""

from dataclasses import dataclass
from typing import Any

SECOND_US = 1_000_000
START_US = 1_800_000_000 * SECOND_US  # 2027-01-15 08:00 UTC: nothing hangs on today


@dataclass(slots=True)
class OwnedClock:
    """Wall time, time since boot and the boot's name, as plain fields."""

    wall: int = START_US
    boot: int = 1000 * SECOND_US
    boot_name: str = "boot-1"

    def now_us(self) -> int:
        return self.wall

    def boot_us(self) -> int:
        return self.boot

    def boot_id(self) -> str:
        return self.boot_name

    def monotonic(self) -> float:
        return self.boot / SECOND_US

    def advance(self, seconds: float) -> None:
        """Time passes, on both clocks."""
        self.step_wall(seconds)
        self.step_boot(seconds)

    def step_wall(self, seconds: float) -> None:
        """Somebody sets the date, forwards or back."""
        self.wall += round(seconds * SECOND_US)

    def step_boot(self, seconds: float) -> None:
        self.boot += round(seconds * SECOND_US)

    def reboot(self) -> None:
        """The machine starts anew: another boot, whose clock begins near nought."""
        self.boot_name = f"boot-{int(self.boot_name.removeprefix('boot-')) + 1}"
        self.boot = 20 * SECOND_US
        self.wall += 60 * SECOND_US


class SlowClock:
    """A clock at which every look takes a while."""

    def __init__(self, real: OwnedClock, step_s: float = 0.1) -> None:
        self._real = real
        self._step_s = step_s
        self._passed = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def monotonic(self) -> float:
        self._passed += self._step_s
        return self._passed
