"""Grant due jobs to a node: by priority, then due moment, then id, of the handlers it knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from headway.model.ageing import order
from headway.model.claim import Claim
from headway.model.gate import Group
from headway.model.tie import Tie
from headway.store.protocol import Ask
from headway.store.verbs.gates import Gates
from headway.store.verbs.line import admitted
from headway.store.verbs.ready import Candidate, first
from headway.store.verbs.transaction import Transaction, as_json

CLAIM_MAX: Final = 1_000
"""Jobs granted in one transaction."""
PARK_STEP: Final = 5_000
"""Jobs of one queue and name parked in one transaction."""

_decode_claims = msgspec.json.Decoder(list[Claim]).decode


def ready_groups(tx: Transaction, app: str) -> list[Group]:
    """The queues and names that have ready jobs."""
    tx.look_for_work(app)
    return tx.rows("ready_groups", {"app": app, "since": tx.since_us})


def claim(
    tx: Transaction, node_id: int, app: str, asks: Sequence[Ask], groups: Sequence[Group], gates: Gates | None = None
) -> tuple[Claim, ...]:
    """Grant up to each ask's limit. The transaction holds the write lock, so what is seen as ready is still ready."""
    if not groups:
        tx.looked_for_work()
        return ()
    chosen: dict[int, Candidate] = {}
    for ask in asks:
        limit = min(ask.limit, CLAIM_MAX - len(chosen))
        wanted = [one for one in groups if one[1] in ask.names and (ask.queues is None or one[0] in ask.queues)]
        if limit > 0 and wanted:
            chosen.update((one[0], one) for one in first(tx, app, wanted, limit, gates, chosen))
    tx.looked_for_work()
    _park_unknown(tx, app, groups, asks)
    if not chosen:
        return ()
    found = list(chosen.values())
    if len(asks) > 1:  # what one ask was granted is in order
        found.sort(key=lambda one: order(one, tx.now_us))
    granted = _granted(tx, found)
    if gates is not None:
        gates.start(granted)
    ids = as_json(granted)
    claims = _decode_claims(tx.grant(ids, node_id))
    places = {job_id: place for place, job_id in enumerate(granted)}
    claims.sort(key=lambda claim: places[claim.id])
    return tuple(claims)


def _granted(tx: Transaction, chosen: Sequence[Candidate]) -> list[int]:
    """The ids of those that may run together. Only jobs that have a key make anybody look: of a named worker no more than one is
    ever ready, and none while another runs.
    """
    ids = [one[0] for one in chosen]
    keyed = [one[0] for one in chosen if one[3] & Tie.KEY]
    if keyed:
        refused = set(keyed) - admitted(tx, keyed).ids
        if refused:
            tx.wake = True  # others may run in their stead
            ids = [one for one in ids if one not in refused]
    if tx.opened:
        tx.opened.difference_update(ids)
    return ids


def _park_unknown(tx: Transaction, app: str, groups: Sequence[Group], asks: Sequence[Ask]) -> None:
    """Set aside jobs whose handler no live node knows; a node that knows them gets them back."""
    known = frozenset[str]().union(*(ask.names for ask in asks))
    strangers = [one for one in groups if one[1] not in known]
    if not strangers:
        return
    live = {name for node_app, name in tx.rows("live_names") if node_app == app}
    for queue, name in strangers:
        if name not in live:
            _park(tx, app, queue, name)


def _park(tx: Transaction, app: str, queue: str, name: str) -> None:
    parked = tx.rows("park_jobs", {"app": app, "queue": queue, "name": name, "limit": PARK_STEP})
    for job_id, lane in parked:
        if lane is not None:  # a named worker passes over what cannot run
            tx.change("park_lane", {"app": app, "lane": lane, "name": name, "limit": PARK_STEP})
            tx.touched.add(job_id)
