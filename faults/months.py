"""The same for a month of long ago: it is sealed, opened by a late arrival, emptied by a purge or a requeue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from faults.acts import WORDS, Facts, look_archive, new, put
from headway.store.protocol import Operation, Store
from headway.store.sqlite.month import seal_of
from headway.store.sqlite.seal import seals

LONG_AGO_US: Final = 10 * 24 * 3600 * 1_000_000


def age(store: Store, ids: list[int]) -> None:
    """They were created in January 1970."""
    given = {"at": LONG_AGO_US, "ids": json.dumps(ids)}
    text = "UPDATE headway_job SET created_at = :at + id WHERE id IN (SELECT value FROM json_each(:ids))"
    store.call(Operation("age", lambda tx: tx.connection.execute(text, given).rowcount))


def ended(store: Store, *names: str) -> list[int]:
    """Jobs of that month that were cancelled."""
    ids = put(store, *(new(name) for name in names))
    for one in ids:
        store.call(store.cancel(one))
    age(store, ids)
    return ids


def before_seal(store: Store) -> Facts:
    """Three in the archive."""
    ids = ended(store, "a", "b", "c")
    store.call(store.archive(before_us=1 << 60))
    return {"ids": ids}


def do_seal(store: Store, facts: Facts) -> None:  # noqa: ARG001 - every act's signature
    """The month."""
    while store.seal(before_us=1 << 60):
        pass


def look_seal(store: Store, facts: Facts) -> str:
    """Sealed in the file and in the main file alike, or not yet; every body is there either way."""
    if look_archive(store, facts) != "after":
        return "a body is not there"
    says = seal_of(Path(store.place) / "jobs_1970-01.db")
    known = dict(store.reader.call(Operation("seals", seals))).get("1970-01")
    if known is None:
        return "before"
    return "after" if known == says else f"{known} {says}"


def before_late_arrival(store: Store) -> Facts:
    """A sealed month, and one more that has ended."""
    facts = before_seal(store)
    do_seal(store, facts)
    return {"ids": ended(store, "late"), "old": facts["ids"]}


def look_late_arrival(store: Store, facts: Facts) -> str:
    """It is in the main file or in the month, and those that were there still are."""
    return (
        look_archive(store, facts) if look_archive(store, {"ids": facts["old"]}) == "after" else "an old body is gone"
    )


def before_purge(store: Store) -> Facts:
    """A sealed month."""
    facts = before_seal(store)
    do_seal(store, facts)
    return facts


def do_purge(store: Store, facts: Facts) -> None:  # noqa: ARG001 - every act's signature
    """All of it."""
    store.call(store.purge(completed_before_us=1 << 60, failed_before_us=1 << 60))


def look_purge(store: Store, facts: Facts) -> str:
    """All or nothing; what the month's file still holds after that is deleted by the next who seals."""
    details = [store.reader.call(store.reader.detail(one)) for one in facts["ids"]]
    if details != [None] * len(details):
        return "before" if look_archive(store, facts) == "after" else "between"
    do_seal(store, facts)
    return "between: the file is there" if (Path(store.place) / "jobs_1970-01.db").exists() else "after"


def before_requeue(store: Store) -> Facts:
    """The only job of a sealed month."""
    ids = ended(store, "a")
    store.call(store.archive(before_us=1 << 60))
    do_seal(store, {})
    return {"ids": ids}


def do_requeue(store: Store, facts: Facts) -> None:
    """It."""
    store.call(store.requeue(facts["ids"][0]))


def look_requeue(store: Store, facts: Facts) -> str:
    """Cancelled or queued, its body there either way."""
    detail = store.reader.call(store.reader.detail(facts["ids"][0]))
    if detail is None or WORDS not in (detail.payload or ""):
        return "its body is in neither file"
    return {("cancelled", True): "before", ("queued", False): "after"}.get(
        (detail.row.state.value, detail.row.archived), "between"
    )
