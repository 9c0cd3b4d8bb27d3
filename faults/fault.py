"""One fault, as the table says it, and the rings of tests that show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TEST: Final = "make test"
FAULTS: Final = "make faults"
CRASH: Final = "make crash"


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of the table."""

    name: str
    done: str
    """What is done to the system."""
    outcome: str
    """What must come of it."""
    shown: tuple[str, ...]
    """Tests as path::function; cases of the ring by hand as faults::name."""

    @property
    def rings(self) -> tuple[str, ...]:
        """Which commands show it."""
        found = {
            FAULTS if one.startswith("faults::") else CRASH if one.startswith("crash::") else TEST for one in self.shown
        }
        return tuple(ring for ring in (TEST, FAULTS, CRASH) if ring in found)
