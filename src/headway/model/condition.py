"""Conditions: what a waiting job does when the jobs (or batches) that it waits for have ended, and how.

Pure, and free of where an outcome comes from: a job's end, a batch's end, now or before the enqueue.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, assert_never

from headway.model.job import FINAL, State


class Condition(StrEnum):
    """How the parents must have ended for a job to run; else it is skipped."""

    SUCCESS = "success"
    """All completed."""
    FAILURE = "failure"
    """At least one failed."""
    CANCELLED = "cancelled"
    """At least one was cancelled."""
    FAILURE_OR_CANCELLED = "failure_or_cancelled"
    """At least one failed or was cancelled."""
    FINISHED = "finished"
    """However they ended."""


class Next(StrEnum):
    """What becomes of a job that waits."""

    WAIT = "wait"
    RUN = "run"
    SKIP = "skip"
    """Its condition cannot be met any more."""
    CANCEL = "cancel"
    """It named no condition, and a parent did not complete."""


WANTED: Final[Mapping[Condition, frozenset[State]]] = MappingProxyType(
    {
        Condition.FAILURE: frozenset({State.FAILED}),
        Condition.CANCELLED: frozenset({State.CANCELLED}),
        Condition.FAILURE_OR_CANCELLED: frozenset({State.FAILED, State.CANCELLED}),
        Condition.FINISHED: FINAL,
    }
)
"""One parent that ended so is enough, once all have ended."""
UNMET: Final = "condition_unmet"
"""The code of a job that was skipped for that."""
_KNOWN: Final = frozenset(Condition)
_COMPLETED: Final = frozenset({State.COMPLETED})


def next_step(condition: Condition | None, ended: Collection[State], still_open: int) -> Next:
    """What a job does that waits under this condition, given how parents ended and how many have not yet.

    Without a condition, and for success, the first parent that did not complete decides; every other condition is
    decided once all have ended.
    """
    match condition:
        case None | Condition.SUCCESS:
            if not _COMPLETED.issuperset(ended):
                return Next.CANCEL if condition is None else Next.SKIP
            return Next.WAIT if still_open else Next.RUN
        case Condition.FAILURE | Condition.CANCELLED | Condition.FAILURE_OR_CANCELLED | Condition.FINISHED:
            if still_open:
                return Next.WAIT
            return Next.SKIP if WANTED[condition].isdisjoint(ended) else Next.RUN
        case _:
            assert_never(condition)


def read_condition(text: str | None) -> Condition | None:
    """A stored condition; one of a newer version counts as the strictest, so that nothing runs that should not."""
    if text is None:
        return None
    return Condition(text) if text in _KNOWN else Condition.SUCCESS


def why_skipped(condition: Condition | None, ended: Iterable[State]) -> str:
    """The reason of a skipped job, for people."""
    outcomes = ", ".join(sorted(ended))
    wanted = (condition or Condition.SUCCESS).value.replace("_", " ")
    return f"it runs on {wanted} of what it waited for, and that ended {outcomes}"


_BITS: Final[Mapping[State, int]] = MappingProxyType(
    {State.COMPLETED: 1, State.FAILED: 2, State.CANCELLED: 4, State.SKIPPED: 8}
)


def as_bits(ended: Iterable[State]) -> int:
    """Outcomes as one small number, to be kept with the job that waits."""
    bits = 0
    for state in ended:
        bits |= _BITS[state]
    return bits


def from_bits(bits: int) -> frozenset[State]:
    """The outcomes again."""
    return frozenset(state for state, bit in _BITS.items() if bits & bit)
