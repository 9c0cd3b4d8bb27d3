"""How long the engine sleeps when nobody wakes it. Pure."""

from __future__ import annotations

from typing import Final

IDLE_WAIT_S: Final = 1.0
"""The longest sleep between two looks at the store, should every wake-up be lost."""
RETRY_PAUSE_S: Final = 0.2
"""After the store failed; doubled each time up to the maximum."""
RETRY_PAUSE_MAX_S: Final = 5.0
DOUBLINGS_MAX: Final = 10


def pause_s(failures: int, next_due_us: int | None, now_us: int) -> float:
    """Seconds: a growing pause after failures in a row, else until the next job is due, but never for long."""
    if failures:
        return min(RETRY_PAUSE_S * (1 << min(failures - 1, DOUBLINGS_MAX)), RETRY_PAUSE_MAX_S)
    if next_due_us is None:
        return IDLE_WAIT_S
    return max(0.0, min(IDLE_WAIT_S, (next_due_us - now_us) / 1e6))
