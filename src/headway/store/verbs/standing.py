"""Schedules as the store has them: found by name, and when each is due next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from headway.model.clock import MICROSECOND
from headway.model.errors import OptionInvalid, ScheduleNotFound
from headway.model.firing import Passed, next_open, passed_over, set_back
from headway.model.schedule import MISFIRES_MAX, Definition, Managed, Standing
from headway.model.timeline import Timeline
from headway.model.timetable import EVERY_MAX, EVERY_MIN, IntervalTable
from headway.store.verbs.missed import close_ahead, let_pass, ranges_from
from headway.store.verbs.transaction import Transaction

BACK_SOON_US: Final = 600 * 1_000_000
"""An orphaned schedule that comes back within this goes on where it stood, as if nobody had been away: that was a restart."""
ERROR_MAX: Final = 500
"""Characters of an error that are kept with a schedule or a run."""
EVERY_MIN_US: Final = EVERY_MIN // MICROSECOND
EVERY_MAX_US: Final = EVERY_MAX // MICROSECOND
MOMENT_MAX_US: Final = 2**62
"""Far beyond every calendar."""

_decode = msgspec.json.Decoder(Definition).decode
_encode = msgspec.json.Encoder().encode


class Known(msgspec.Struct, frozen=True, gc=False):
    """A schedule's row, as the verbs that change it need it."""

    id: int
    name: str
    managed: str
    text: bytes
    """The definition, which may be damaged so far that it is no text."""
    timing: bytes
    anchor_us: int
    next_us: int | None
    next_was_us: int | None
    judged_us: int
    paused_us: int | None
    orphaned_us: int | None
    removed_us: int | None
    finished_us: int | None
    error: str | None
    run_count: int


class Wanted(msgspec.Struct, frozen=True, gc=False):
    """A definition, and what of it is compared and stored; made before the transaction."""

    definition: Definition
    text: str
    digest: bytes
    timing: bytes

    @property
    def values(self) -> dict[str, Any]:
        """The columns."""
        return {
            "managed": self.definition.managed.value,
            "definition": self.text,
            "digest": self.digest,
            "timing": self.timing,
        }


def want(definition: Definition) -> Wanted:
    """Refuses one whose runs could not be told apart or would wait for something else."""
    job = definition.job
    if job.depends_on or job.after_batches or job.condition is not None:
        msg = f"the schedule {definition.name!r} has a job that waits for other jobs: a schedule's job waits for nothing but its instant"
        raise OptionInvalid(msg)
    return Wanted(definition, _encode(definition).decode(), definition.digest, definition.timing)


def find_schedule(tx: Transaction, app: str, name: str) -> Known | None:
    """The row of that name, also of one that was removed for good."""
    row = tx.row("schedule_named", {"app": app, "name": name})
    return None if row is None else Known(*row)


def known_schedule(tx: Transaction, app: str, name: str) -> Known:
    """The same; ScheduleNotFound where there is none, or it was removed."""
    found = find_schedule(tx, app, name)
    if found is None:
        raise ScheduleNotFound(f"there is no schedule {name!r} of the app {app!r}")
    if found.removed_us is not None:
        raise ScheduleNotFound(f"the schedule {name!r} of the app {app!r} was removed for good: resume it first")
    return found


def read_definition(text: bytes, name: str, app: str | None = None) -> Definition:
    """Raises whatever is wrong with it."""
    found = _decode(text)
    if app is not None and found.app != app:
        msg = f"the stored definition is one of the app {found.app!r}"
        raise ValueError(msg)
    if found.name != name:
        msg = f"the stored definition is that of {found.name!r}"
        raise OptionInvalid(msg)
    table = found.timetable
    if isinstance(table, IntervalTable) and not EVERY_MIN_US <= table.every_us <= EVERY_MAX_US:
        raise OptionInvalid(f"its interval of {table.every_us} microseconds is out of bounds")
    if not 0 < found.misfire_limit <= MISFIRES_MAX:
        raise OptionInvalid(f"its misfire_limit of {found.misfire_limit} is out of bounds")
    if not 0 <= found.jitter_us <= EVERY_MAX_US:
        raise OptionInvalid(f"its jitter of {found.jitter_us} microseconds is out of bounds")
    return found


def moment(us: int) -> int:
    """Refuses one that no row can hold."""
    if us > MOMENT_MAX_US:
        raise OptionInvalid(f"its next instant, in {us} microseconds, is out of bounds")
    return us


def is_readable(text: bytes, name: str, app: str, anchor_us: int, now_us: int) -> bool:
    """Whether this process can: another version, or a host with other zones, may."""
    try:
        want(definition := read_definition(text, name, app))
        moment(Timeline(definition, anchor_us).after(now_us) or 0)
    except Exception:  # noqa: BLE001 - whatever is wrong with it
        return False
    return True


def readable(found: Known) -> Definition:
    """The definition of a row, for a person; OptionInvalid where it cannot be read."""
    try:
        return read_definition(found.text, found.name)
    except Exception as error:
        raise OptionInvalid(f"the schedule {found.name!r} cannot be read: {why(error)}") from error


def why(error: BaseException) -> str:
    """An error in a row, for people."""
    return f"{type(error).__name__}: {error}"[:ERROR_MAX]


def first_after(
    tx: Transaction, found: Known, definition: Definition, *, anchor_us: int, judged_us: int
) -> Standing | None:
    """From now on: the first instant after now that was not judged, or is open again; None where there is none."""
    ranges = ranges_from(tx, found.id, tx.now_us + 1) if judged_us > tx.now_us else []
    due_us = next_open(Timeline(definition, anchor_us), tx.now_us, judged_us, ranges)
    if due_us is None:
        return None
    standing = Standing(next_us=due_us, judged_us=judged_us, anchor_us=anchor_us, run_count=found.run_count)
    is_interval = isinstance(definition.timetable, IntervalTable)
    return turned_back(tx, found.id, definition, standing, ranges) if is_interval else standing


def turned_back(
    tx: Transaction, schedule_id: int, definition: Definition, before: Standing, ranges: Sequence[Passed]
) -> Standing:
    """How it stands after its clock was set back; where its intervals are counted anew none falls on one that was judged."""
    after = set_back(definition, before, tx.now_us, ranges)
    table = definition.timetable
    if after is before or not isinstance(table, IntervalTable):
        return after
    close_ahead(tx, schedule_id, Timeline(definition, before.anchor_us))
    rows = tx.rows("ticks_ahead", {"id": schedule_id, "now": tx.now_us})
    judged = {(row[0] - after.anchor_us) % table.every_us for row in rows}
    judged.add((before.anchor_us - after.anchor_us) % table.every_us)
    off_us = next(one for one in range(len(judged) + 1) if one not in judged)
    return msgspec.structs.replace(after, anchor_us=after.anchor_us + off_us, next_us=after.next_us + off_us)


def is_spent(definition: Definition, run_count: int) -> bool:
    """Whether it has run as often as it may."""
    return definition.max_runs is not None and run_count >= definition.max_runs


def go_on(tx: Transaction, found: Known, wanted: Wanted, *, paused: bool | None = None) -> None:
    """Let a schedule stand as this definition says: where it stood, if it was active and fires at the same moments, else from now on.

    What it was not any more (finished, orphaned, faulty, removed) is judged anew; a pause stays, unless told.
    """
    definition, now = wanted.definition, tx.now_us
    retimed = found.timing != wanted.timing
    anchor_us = now if retimed else found.anchor_us
    judged_us = min(stop_firing(tx, found, for_good=True), now) if retimed else found.judged_us
    is_paused = found.paused_us is not None if paused is None else paused
    next_us = None if retimed or is_paused else _as_it_stood(found, now)
    if next_us is None and not retimed and not is_paused and found.orphaned_us is not None:
        judged_us = _pass_absence(tx, found, Timeline(definition, anchor_us), judged_us)
    is_over, as_it_stood = is_spent(definition, found.run_count), next_us is not None
    if is_over:
        next_us = None
    elif next_us is None and not is_paused:  # whether a paused one is over is found out when it is resumed
        standing = first_after(tx, found, definition, anchor_us=anchor_us, judged_us=judged_us)
        is_over = standing is None
        if standing is not None:
            next_us, anchor_us, judged_us = standing.next_us, standing.anchor_us, standing.judged_us
    values = {
        "id": found.id,
        "now": now,
        "next_at": next_us,
        "judged_to": judged_us,
        "anchor_at": anchor_us,
        "finished_at": (found.finished_us or now) if is_over else None,
        "keeps_pause": is_paused,
        "keeps_look": as_it_stood,
    }
    tx.change("set_standing", values)


def stop_firing(tx: Transaction, found: Known, *, for_good: bool = False) -> int:
    """What is due as its instants end is missed, and recorded as that; answers how far it is judged then.

    `for_good`: it has other instants from now on.
    """
    try:
        timeline = Timeline(read_definition(found.text, found.name), found.anchor_us)
        last_us = timeline.latest(tx.now_us)
    except Exception:  # noqa: BLE001 - of what cannot be read nobody knows the instants
        return found.judged_us
    if for_good:
        close_ahead(tx, found.id, timeline)
    if found.next_us is None or not found.judged_us < found.next_us <= tx.now_us:
        return found.judged_us
    passed = passed_over(timeline, found.next_us, max(found.next_us, last_us or 0))
    let_pass(tx, found.id, passed)
    return passed.until_us


def _pass_absence(tx: Transaction, found: Known, timeline: Timeline, judged_us: int) -> int:
    """What came while nobody's code had it was missed, and is recorded as that; answers how far it is judged then."""
    first_us, last_us = found.next_was_us, timeline.latest(tx.now_us)
    if first_us is None or last_us is None or not judged_us < first_us <= last_us:
        return judged_us
    let_pass(tx, found.id, passed_over(timeline, first_us, last_us))
    return last_us


def _as_it_stood(found: Known, now_us: int) -> int | None:
    if found.orphaned_us is None:
        return found.next_us
    return found.next_was_us if 0 <= now_us - found.orphaned_us <= BACK_SOON_US else None


def is_by_code(found: Known) -> bool:
    """Whether code says what it is."""
    return found.managed != Managed.DB.value
