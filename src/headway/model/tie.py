"""What hangs on a job beside its own life, as bits of one number: most jobs have 0, and cost nothing for all this."""

from __future__ import annotations

from typing import Final


class Tie:
    """Things that must be looked after when the job changes its state; plain numbers: asked for at every job, flags cost a microsecond."""

    KEY: Final = 1
    """A concurrency key."""
    LANE: Final = 2
    """A named worker."""
    BATCH: Final = 4
    """A batch counts it."""
    UNIQUE: Final = 8
    """It holds a unique key."""
    CALLBACK: Final = 16
    """A callback is to run when it has returned."""
    CALLBACK_OF: Final = 32
    """It is the callback of another job."""
    LINKS: Final = 64
    """Some of its arguments are results of its parents."""
    CONDITION: Final = 128
    """It waits for parents that must end in another way than well."""
    CHILD: Final = 256
    """An attempt of its parent asked for it, and succeeded."""
    RECURRING: Final = 512
    """A schedule made it."""
    FLEETING: Final = 1024
    """It is deleted soon after its end."""


LINED_UP: Final = Tie.KEY | Tie.LANE
"""Jobs that stand in a line: queued, they are ready only when it is their turn."""
