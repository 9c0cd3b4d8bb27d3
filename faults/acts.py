"""Operations of the store that are killed in the middle: how each is prepared, done, and looked at afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from headway.model.claim import Claim, NewJob
from headway.model.outcome import Budget, Ending, EndKind, decide
from headway.store.protocol import Ask, NodeInfo, Store

LEASE_US: Final = 3_600_000_000
WORDS: Final = "w" * 3000
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Act:
    """One operation: how it is prepared, done, and what a look afterwards must find."""

    prepare: Callable[[Store], Facts]
    do: Callable[[Store, Facts], None]
    look: Callable[[Store, Facts], str]
    """`before`, `after`, or what else it found."""


def rows(store: Store, ids: list[int]) -> list[tuple[str, int]]:
    """State and epoch of each."""
    found = [store.reader.call(store.reader.job(one)) for one in ids]
    return [("none", 0) if row is None else (row.state.value, row.epoch) for row in found]


def new(ref_id: str, **facts: Any) -> NewJob:
    """A job with a payload that fills pages."""
    return NewJob(ref_id=ref_id, name="rests", payload=json.dumps({"s": 0, "why": WORDS}), **facts)


def put(store: Store, *jobs: NewJob) -> list[int]:
    """Enqueue in one call."""
    return [one.id for one in store.call(store.enqueue(jobs))]


def enter(store: Store) -> int:
    """A node that claims."""
    node = NodeInfo(
        uid="hand", app="default", host="here", pid=1, names=("rests",), queues=None, concurrency=9, version="0"
    )
    return store.call(store.register(node, lease_us=LEASE_US))


def claim(store: Store, node: int, limit: int) -> tuple[Claim, ...]:
    """Take so many."""
    asks = [Ask(limit=limit, names=frozenset({"rests"}))]
    return store.call(store.exchange(node, asks=asks, lease_us=LEASE_US)).claims


# -- enqueue: three jobs of one call, one waiting for a parent -------------------------------------------------------


def before_enqueue(store: Store) -> Facts:
    """A parent."""
    return {"parent": put(store, new("parent"))[0]}


def do_enqueue(store: Store, facts: Facts) -> None:
    """One with a tag, one that waits, one that is due later."""
    put(store, new("a", tags=("x",)), new("b", depends_on=(facts["parent"],)), new("c", delay_us=10**9))


def look_enqueue(store: Store, facts: Facts) -> str:  # noqa: ARG001 - every act's signature
    """All of them or none."""
    found = [store.reader.call(store.reader.detail(ref)) for ref in ("a", "b", "c")]
    if found == [None] * 3:
        return "before"
    states = [None if one is None else (one.row.state.value, one.payload is not None) for one in found]
    return "after" if states == [("queued", True), ("waiting", True), ("scheduled", True)] else f"{states}"


# -- claim: two jobs in one turn -------------------------------------------------------------------------------------


def before_claim(store: Store) -> Facts:
    """Two that are ready."""
    return {"ids": put(store, new("a"), new("b")), "node": enter(store)}


def do_claim(store: Store, facts: Facts) -> None:
    """Both."""
    claim(store, facts["node"], 2)


def look_claim(store: Store, facts: Facts) -> str:
    """Both or neither."""
    found = rows(store, facts["ids"])
    return {(("queued", 0),) * 2: "before", (("running", 1),) * 2: "after"}.get(tuple(found), f"{found}")


# -- settle: one success with a dependant, one failure for good ------------------------------------------------------


def before_settle(store: Store) -> Facts:
    """Two that run, each with a dependant."""
    ids = put(store, new("a"), new("b"))
    ids += put(store, new("child", depends_on=(ids[0],)), new("orphan", depends_on=(ids[1],)))
    node = enter(store)
    claim(store, node, 2)
    return {"ids": ids, "node": node}


def do_settle(store: Store, facts: Facts) -> None:
    """A success and a failure for good."""
    good, bad, *_ = facts["ids"]
    budget = Budget(tries=0, crashes=0, retries=0, interrupt_fails=False)
    endings = (
        Ending(good, 1, EndKind.RETURNED, 1, 2, result=json.dumps(WORDS)),
        Ending(bad, 1, EndKind.RAISED, 1, 2, permanent=True),
    )
    settlements = [decide(budget, ending) for ending in endings]
    store.call(store.exchange(facts["node"], settlements=settlements, lease_us=LEASE_US))


def look_settle(store: Store, facts: Facts) -> str:
    """Outcomes, attempts, results and dependants together."""
    states = [state for state, _ in rows(store, facts["ids"])]
    details = [store.reader.call(store.reader.detail(one)) for one in facts["ids"][:2]]
    attempts = [len(one.attempts) if one else -1 for one in details]
    if states == ["running", "running", "waiting", "waiting"] and attempts == [0, 0]:
        return "before"
    done = states == ["completed", "failed", "queued", "cancelled"] and attempts == [1, 1]
    return "after" if done and details[0] and details[0].result else f"{states} {attempts}"


# -- archive: five ended jobs ----------------------------------------------------------------------------------------


def before_archive(store: Store) -> Facts:
    """Five that were cancelled."""
    ids = put(store, *(new(f"j-{number}") for number in range(5)))
    for one in ids:
        store.call(store.cancel(one))
    return {"ids": ids}


def do_archive(store: Store, facts: Facts) -> None:  # noqa: ARG001 - every act's signature
    """All."""
    store.call(store.archive(before_us=1 << 60))


def look_archive(store: Store, facts: Facts) -> str:
    """Every body can be read, wherever it is."""
    details = [store.reader.call(store.reader.detail(one)) for one in facts["ids"]]
    if not all(one is not None and WORDS in (one.payload or "") for one in details):
        return "a body is in neither file"
    archived = {one.row.archived for one in details if one}
    return {frozenset({False}): "before", frozenset({True}): "after"}.get(frozenset(archived), "between")
