"""What people do to schedules: pause, resume, change and remove them."""

from __future__ import annotations

from collections.abc import Sequence

from headway.model.errors import ScheduleManaged
from headway.store.scheduling import Removed
from headway.store.verbs.declare import add, change
from headway.store.verbs.standing import (
    Known,
    Wanted,
    find_schedule,
    go_on,
    is_by_code,
    is_readable,
    known_schedule,
    readable,
    stop_firing,
    want,
)
from headway.store.verbs.transaction import Transaction


def put(tx: Transaction, wanted: Wanted, by: str | None) -> int:
    """Create one that is managed in the store, or change it; its number."""
    definition = wanted.definition
    found = find_schedule(tx, definition.app, definition.name)
    if found is not None and found.removed_us is not None:
        _drop(tx, found)
        found = None
    if found is None:
        return add(tx, wanted, by=by)
    if is_by_code(found):
        msg = f"the schedule {found.name!r} is managed by code: change it there, or give another name"
        raise ScheduleManaged(f"{msg}. Nothing was changed.")
    change(tx, found, wanted, by=by)
    return found.id


def pause(tx: Transaction, app: str, name: str, by: str | None) -> bool:
    """Whether it was not paused before; else who paused it, and when, stay."""
    found = known_schedule(tx, app, name)
    if found.paused_us is not None:
        return False
    judged_us = stop_firing(tx, found)
    tx.change("pause_schedule", {"id": found.id, "judged_to": judged_us, "now": tx.now_us, "by": by})
    return True


def resume(tx: Transaction, app: str, name: str) -> bool:
    """Whether it was paused, faulty or removed for good. OptionInvalid where it still cannot be read."""
    found = find_schedule(tx, app, name)
    if found is not None and found.removed_us is not None:
        _bring_back(tx, found)
        return True
    found = known_schedule(tx, app, name)
    if found.paused_us is None and found.error is None:
        return False
    wanted = want(readable(found))
    if found.orphaned_us is not None:
        tx.change("end_pause", {"id": found.id})
    else:
        go_on(tx, found, wanted, paused=False)
    return True


def reread(tx: Transaction, app: str, names: Sequence[str]) -> tuple[str, ...]:
    """Let those go on that another process could not read, and this one can; a pause stays. Which did."""
    done = set(unread_here(tx, app)) & set(names)
    for name in done:
        found = known_schedule(tx, app, name)
        go_on(tx, found, want(readable(found)))
    return tuple(sorted(done))


def unread_here(tx: Transaction, app: str) -> tuple[str, ...]:
    """Those that were stopped because a process could not read them, and this one can."""
    rows = tx.rows("unread_schedules", {"app": app})
    return tuple(name for name, text, anchor_us in rows if is_readable(text, name, app, anchor_us, tx.now_us))


def _bring_back(tx: Transaction, found: Known) -> None:
    """One that was removed for good goes on from the first instant after now, if it is the store's, or a living node's code has it."""
    wanted = want(readable(found))
    if is_by_code(found) and not tx.rows("living_declarer", {"id": found.id}):
        tx.change("return_as_orphan", {"id": found.id, "now": tx.now_us})
    else:
        go_on(tx, found, wanted, paused=False)


def remove(tx: Transaction, app: str, name: str, by: str | None, *, for_good: bool) -> Removed:
    """Its jobs stay. One that was removed for good is there for being removed less than that."""
    found = find_schedule(tx, app, name)
    if found is None or (found.removed_us is not None and for_good):
        return Removed.NOT_FOUND
    if for_good:
        _forget(tx, found)
        tx.change("remove_schedule", {"id": found.id, "now": tx.now_us, "by": by})
        return Removed.REMOVED
    returns = is_by_code(found) and found.orphaned_us is None
    _drop(tx, found)
    return Removed.RETURNS if returns else Removed.REMOVED


def _drop(tx: Transaction, found: Known) -> None:
    _forget(tx, found)
    for part in ("drop_declarations_of", "drop_schedule"):
        tx.change(part, {"id": found.id})


def _forget(tx: Transaction, found: Known) -> None:
    for part in ("drop_ticks", "drop_all_missed"):
        tx.change(part, {"id": found.id})


def pause_all(tx: Transaction, app: str, by: str | None) -> bool:
    """Whether they were not paused before."""
    return tx.change("pause_scheduler", {"app": app, "now": tx.now_us, "by": by}) == 1


def resume_all(tx: Transaction, app: str) -> bool:
    """Whether they were paused."""
    return tx.change("resume_scheduler", {"app": app}) == 1
