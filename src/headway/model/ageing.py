"""Ageing: what has waited long is lifted over higher priorities, so that everything starts some day. Pure."""

from __future__ import annotations

from typing import Final

AGEING_AFTER_US: Final = 10 * 60 * 1_000_000
"""What is due for no longer than this keeps the plain order: priority, due moment, number."""
AGEING_STEP_US: Final = 60 * 1_000_000
"""Beyond that a job rises by one level for each of these."""
LIFTED_AFTER_US: Final = AGEING_AFTER_US + AGEING_STEP_US


def lift(due_us: int, now_us: int) -> int:
    """By how many levels a job that is due since then counts as higher."""
    return max(0, (now_us - due_us - AGEING_AFTER_US) // AGEING_STEP_US)


def order(job: tuple[int, int, int, *tuple[int, ...]], now_us: int) -> tuple[int, int, int]:
    """The key by which ready jobs are sorted; of a job its id, priority and due moment, and whatever else."""
    number, priority, due_us = job[0], job[1], job[2]
    if now_us - due_us < LIFTED_AFTER_US:
        return -priority, due_us, number
    return -priority - lift(due_us, now_us), due_us, number
