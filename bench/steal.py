"""How much of the processors' time the host of a virtual machine gave to other guests."""

from __future__ import annotations

from pathlib import Path
from typing import Final

STAT: Final = Path("/proc/stat")
STEAL: Final = 7
COUNTED: Final = 8
"""User, nice, system, idle, waiting, interrupts twice, stolen; guests are part of user time."""


class Steal:
    """From now on."""

    def __init__(self) -> None:
        """Look for the first time."""
        self._before = _read()

    def words(self) -> str:
        """The share of what this machine wanted and got or did not get, as words; `unknown` where the system does not tell."""
        after = _read()
        if self._before is None or after is None:
            return "unknown"
        idle = after[3] + after[4] - self._before[3] - self._before[4]
        total = sum(after) - sum(self._before) - idle
        return f"{100 * (after[STEAL] - self._before[STEAL]) / max(1, total):.0f} %"


def _read() -> list[int] | None:
    try:
        fields = STAT.read_text(encoding="ascii").splitlines()[0].split()[1 : COUNTED + 1]
    except (OSError, IndexError):
        return None
    return [int(field) for field in fields] if len(fields) == COUNTED else None
