"""What becomes of the runs of a schedule when earlier ones have not ended. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from headway.model.job import State
from headway.model.occurrence import ref_of
from headway.model.schedule import Definition, Overlap

OVERLAP: Final = "overlap"
"""The code of a job that is skipped for that."""
WAITING_MAX: Final = 100
"""So many runs of a schedule wait for earlier ones; further ones are skipped."""
BEHIND_MAX: Final = WAITING_MAX + 1
"""So many earlier runs one waits for: all that wait, and who runs. Of those that are made up for there may be more, then the nearest."""


class OpenRun(msgspec.Struct, frozen=True, gc=False):
    """A run that has not ended."""

    job_id: int
    ref_id: str
    state: State


class Arranged(msgspec.Struct, frozen=True, gc=False):
    """What becomes of one instant that is to run."""

    instant_us: int
    skipped: str | None = None
    """Why it does not run after all."""
    behind: tuple[int | str, ...] = ()
    """It waits for the end of these jobs: by id, or by the reference of a run of the same verdict."""
    cancels: bool = False
    """The runs that have not ended are to be cancelled."""


def arrange(
    definition: Definition, instants: Sequence[int], late: int, open_runs: Sequence[OpenRun]
) -> tuple[Arranged, ...]:
    """Which of these instants run, and which wait for whom; `open_runs` oldest first.

    The first `late` of the instants are made up for. Who asks for that wants each of them: they wait in a row, unless
    they may run side by side.
    """
    if definition.overlap is Overlap.ALLOW:
        return tuple(Arranged(one) for one in instants)
    found: list[Arranged] = []
    # Behind all of them: whoever waits last may be cancelled or expire while an earlier one runs still.
    behind: tuple[int | str, ...] = tuple(one.job_id for one in open_runs[-BEHIND_MAX:])
    before = open_runs[-1].ref_id if open_runs else ""
    waiting = sum(one.state is State.WAITING for one in open_runs)
    for place, instant in enumerate(instants):
        is_late = place < late
        why: str | None = None
        if behind and not is_late and definition.overlap is Overlap.SKIP:
            why = f"an earlier run, {before}, has not ended"
        if why is None and behind and waiting >= _room(definition, is_late=is_late):
            why = f"{waiting} earlier runs wait already"
        if why is not None:
            found.append(Arranged(instant, skipped=why))
            continue
        cancels = definition.overlap is Overlap.CANCEL_RUNNING and not is_late and bool(open_runs)
        found.append(Arranged(instant, behind=behind, cancels=cancels))
        waiting = 0 if cancels else waiting + bool(behind)
        before = ref_of(definition.name, instant)
        behind = (*behind, before)[-BEHIND_MAX:]
    return tuple(found)


def _room(definition: Definition, *, is_late: bool) -> int:
    """How many may wait; of those that are made up for as many as somebody asked for."""
    return max(WAITING_MAX, definition.misfire_limit) if is_late else WAITING_MAX
