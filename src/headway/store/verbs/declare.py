"""Registration: what a node's code has, compared with what is stored, in steps that hold up nobody."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from headway.model.errors import OptionInvalid, ScheduleExists
from headway.model.schedule import Definition, Managed
from headway.model.timeline import Timeline
from headway.store.scheduling import Declared
from headway.store.verbs.orphan import GONE_FOR_US, LIVING, orphan
from headway.store.verbs.standing import Known, Wanted, find_schedule, go_on, want
from headway.store.verbs.transaction import Row, Transaction, as_json

STEP: Final = 500
"""So many schedules are added or changed in one transaction: about 50 ms."""
WORK_S: Final = 0.2
"""No further one after that: what was due under a timing that it has no more is counted."""

NONE: Final = 0
"""No schedule's number: each node that declares has it, so that one that has no schedule any more is seen to have said so."""


def prepare(app: str, definitions: Sequence[Definition]) -> dict[str, Wanted]:
    """What is asked for, by name; before the transaction, as digests of thousands take a while."""
    found: dict[str, Wanted] = {}
    for one in definitions:
        if one.app != app:
            raise OptionInvalid(f"the schedule {one.name!r} is one of the app {one.app!r}, not of {app!r}")
        if one.name in found:
            raise ScheduleExists(f"two schedules are named {one.name!r}; give one of them name=...")
        found[one.name] = want(one)
    return found


def declare(
    tx: Transaction, app: str, wanted: dict[str, Wanted], node_id: int, again: Collection[str] = ()
) -> Declared:
    """One step; the last one says which node has what, and orphans what none has."""
    there = {row[0]: row for row in tx.rows("app_schedules", {"app": app})}
    todo = [name for name, one in wanted.items() if _is_news(there.get(name), one)]
    settled = _settled(tx, there, todo, again)
    todo = [name for name in todo if name not in settled]
    added: list[str] = []
    changed: list[str] = []
    returned: list[str] = []
    own: list[tuple[int, int, bytes]] = []
    done, end = 0, tx.clock.monotonic() + WORK_S
    for name in todo[:STEP]:
        if done and tx.clock.monotonic() > end:
            break
        done += 1
        found = find_schedule(tx, app, name) if name in there else None
        if found is None:
            own.append((add(tx, wanted[name], by=None), node_id, wanted[name].digest))
            added.append(name)
            continue
        own.append((found.id, node_id, wanted[name].digest))
        (returned if found.orphaned_us is not None else changed).append(name)
        change(tx, found, wanted[name], by=None)
    is_living = _is_living(tx, node_id)
    if done < len(todo):
        if is_living:
            tx.many("insert_declarations", own)
        return Declared(added=tuple(added), changed=tuple(changed), returned=tuple(returned), more=True)
    kept = [name for name in wanted if _is_kept(there.get(name))]
    orphaned: list[str] = []
    if is_living:
        own.append((NONE, node_id, b""))
        own += [
            (there[name][1], node_id, one.digest)
            for name, one in wanted.items()
            if name in there and there[name][2] != Managed.DB  # also of what was removed for good: it may be resumed
        ]
        tx.change("drop_declarations", {"node_id": node_id, "ids": as_json([one[0] for one in own])})
        tx.many("insert_declarations", own)
        orphaned = orphan(tx, app)
    return Declared(
        added=tuple(added), changed=tuple(changed), returned=tuple(returned), orphaned=tuple(orphaned), kept=tuple(kept)
    )


def add(tx: Transaction, wanted: Wanted, *, by: str | None) -> int:
    """Store a new schedule: it is due at its first instant after now, or at once if it says so; its number."""
    definition, now = wanted.definition, tx.now_us
    next_us = Timeline(definition, now).after(now)
    is_time = (definition.start_us is None or definition.start_us <= now) and (
        definition.end_us is None or now <= definition.end_us
    )
    if definition.run_at_start and is_time:
        next_us = now
    values = {
        "app": definition.app,
        "name": definition.name,
        "now": now,
        "by": by,
        "next_at": next_us,
        "finished_at": now if next_us is None else None,
    }
    return tx.insert("insert_schedule", values | wanted.values)


def change(tx: Transaction, found: Known, wanted: Wanted, *, by: str | None) -> None:
    """Take the definition; it goes on where it stood unless it fires at other moments now, or was not active."""
    tx.change("change_schedule", wanted.values | {"id": found.id, "now": tx.now_us, "by": by})
    go_on(tx, found, wanted)


def _is_news(row: Row | None, wanted: Wanted) -> bool:
    if row is None:
        return True
    _, _, _, digest, _, is_orphaned, is_faulty = row
    return not _is_kept(row) and (digest != wanted.digest or bool(is_orphaned) or bool(is_faulty))


def _settled(tx: Transaction, there: dict[str, Row], todo: Sequence[str], again: Collection[str]) -> set[str]:
    """Those that only say another thing than they did: another node's code changed them since, and that code lives."""
    said = set(again)
    differing = [name for name in todo if name in said and name in there and not any(there[name][5:])]
    if not differing:
        return set()
    values = {"ids": as_json([there[name][1] for name in differing]), "gone_at": tx.now_us - GONE_FOR_US}
    abandoned = {row[0] for row in tx.rows("abandoned_schedules", values)}
    return {name for name in differing if there[name][1] not in abandoned}


def _is_kept(row: Row | None) -> bool:
    """Whether what code says of it is not taken: it is managed in the store, or removed for good."""
    return row is not None and (row[2] == Managed.DB or bool(row[4]))


def _is_living(tx: Transaction, node_id: int) -> bool:
    row = tx.row("node_state", {"id": node_id})
    return row is not None and row[0] in LIVING
