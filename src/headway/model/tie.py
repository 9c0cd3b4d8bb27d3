"""What hangs on a job beside its own life, as bits of one number: most jobs have 0, and cost nothing for all this."""

from __future__ import annotations

from enum import IntFlag
from typing import Final


class Tie(IntFlag):
    """One thing that must be looked after when the job changes its state."""

    KEY = 1
    """A concurrency key."""
    LANE = 2
    """A named worker."""
    BATCH = 4
    """A batch counts it."""
    UNIQUE = 8
    """It holds a unique key."""
    CALLBACK = 16
    """A callback is to run when it has returned."""
    CALLBACK_OF = 32
    """It is the callback of another job."""
    LINKS = 64
    """Some of its arguments are results of its parents."""
    CONDITION = 128
    """It waits for parents that must end in another way than well."""


LINED_UP: Final = int(Tie.KEY | Tie.LANE)
"""Jobs that stand in a line: queued, they are ready only when it is their turn."""
