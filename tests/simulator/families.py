"""How jobs and batches ended, ever: by that it is judged who may start after them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from headway.model.condition import Condition

if TYPE_CHECKING:
    from tests.simulator.lines import Must
    from tests.simulator.record import Row

ANY_OF: Final = {
    Condition.FAILURE: {"failed"},
    Condition.CANCELLED: {"cancelled"},
    Condition.FAILURE_OR_CANCELLED: {"failed", "cancelled"},
    Condition.FINISHED: {"completed", "failed", "cancelled", "skipped"},
}
"""One that ended so is enough; without a condition, and for success, all must have completed."""


class Ended:
    """Every end that a job came to, also before it went again."""

    def __init__(self) -> None:
        self._ends: defaultdict[int, set[str]] = defaultdict(set)

    def changed(self, old: Row | None, row: Row, *, reopened: bool) -> None:
        """A job is new, or another."""
        if row.is_final:
            self._ends[row.id].add(row.state)
        if reopened and old is not None and not old.is_final:  # it ended and went again in one commit
            self._ends[row.id] |= {"failed", "cancelled"}

    def hold_start(
        self, row: Row, rows: Mapping[int, Row], outcomes: Callable[[Row], Mapping[str, set[str]]], must: Must
    ) -> None:
        """A job was granted for the first time; `outcomes` of the batches that it was to wait for."""
        name = f"job {row.id} ({row.ref_id})"
        ended: list[set[str]] = []
        for parent in () if row.parents is None else msgspec.json.decode(row.parents, type=tuple[int, ...]):
            ends, found = self._ends[parent], rows.get(parent)
            state = "gone" if found is None else found.state
            must(bool(ends), f"{name} was granted while its parent {parent} was {state}")
            if row.condition is None:
                must("completed" in ends, f"{name} was granted while its parent {parent} was {state}")
            ended.append(ends)
        for batch, ends in outcomes(row).items():
            must(bool(ends), f"{name} was granted before its batch {batch} ended")
            ended.append(ends)
        if row.condition in {None, Condition.SUCCESS}:
            must(
                all("completed" in ends for ends in ended), f"{name} was granted, and what it waited for ended {ended}"
            )
        elif ended:
            wanted = ANY_OF[Condition(row.condition or "")]
            must(any(ends & wanted for ends in ended), f"{name} runs on {row.condition}, and that ended {ended}")


def kin(job: int, rows: Mapping[int, Row]) -> set[int]:
    """Who may go again with a job: those whose callback it is, and its callbacks; and whoever never ran because of another."""
    found = {job}
    while True:
        near = {row.callback_of for row in rows.values() if row.id in found and row.callback_of in rows}
        near |= {row.id for row in rows.values() if row.callback_of in found}
        more = {one for one in near if one is not None} - found
        if not more:
            break
        found |= more
    return found | {row.id for row in rows.values() if row.code in {"parent_failed", "condition_unmet"}}
