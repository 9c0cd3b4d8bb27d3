"""Grant due jobs to a node: by priority, then due moment, then id, of the handlers it knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from headway.model.claim import Claim
from headway.model.tie import LINED_UP
from headway.store.protocol import Ask
from headway.store.sqlite.line import admitted
from headway.store.sqlite.transaction import Transaction, as_json

CLAIM_MAX: Final = 1_000
"""Jobs granted in one transaction."""
PAGE_MIN: Final = 8
"""Jobs of one queue and name looked at in one step, where several compete."""
PARK_STEP: Final = 5_000
"""Jobs of one queue and name parked in one transaction."""

Group = tuple[str, str]
"""A queue and a handler's name: the jobs of one group are read in their order."""
_Candidate = tuple[int, int, int, int]
"""id, priority, due_us, ties"""

_decode_candidates = msgspec.json.Decoder(list[_Candidate]).decode
_decode_claims = msgspec.json.Decoder(list[Claim]).decode


def claim(tx: Transaction, node_id: int, app: str, asks: Sequence[Ask]) -> tuple[Claim, ...]:
    """Grant up to each ask's limit. The transaction holds the write lock, so what is seen as ready is still ready."""
    groups: list[Group] = tx.rows("ready_groups", {"app": app})
    if not groups:
        return ()
    chosen: dict[int, _Candidate] = {}
    for ask in asks:
        limit = min(ask.limit, CLAIM_MAX - len(chosen))
        wanted = [one for one in groups if one[1] in ask.names and (ask.queues is None or one[0] in ask.queues)]
        if limit > 0 and wanted:
            chosen.update((one[0], one) for one in _first(tx, app, wanted, limit))
    _park_unknown(tx, app, groups, asks)
    if not chosen:
        return ()
    ids = as_json(_granted(tx, sorted(chosen.values(), key=_order)))
    tx.change("claim_jobs", {"ids": ids, "node_id": node_id, "now": tx.now_us})
    row = tx.row("claimed_jobs", {"ids": ids, "now": tx.now_us})
    return () if row is None else tuple(_decode_claims(row[0]))


def _granted(tx: Transaction, chosen: Sequence[_Candidate]) -> list[int]:
    """The ids of those that may run together. Only jobs that stand in a line make anybody look."""
    ids = [one[0] for one in chosen]
    lined_up = [one[0] for one in chosen if one[3] & LINED_UP]
    if not lined_up:
        return ids
    refused = set(lined_up) - admitted(tx, lined_up).ids
    if refused:
        tx.wake = True  # others may run in their stead
        ids = [one for one in ids if one not in refused]
    tx.opened.difference_update(ids)
    return ids


def _order(candidate: _Candidate) -> tuple[int, int, int]:
    return (-candidate[1], candidate[2], candidate[0])


def _first(tx: Transaction, app: str, groups: Sequence[Group], limit: int) -> list[_Candidate]:
    """The first jobs of several groups. Each is read from its front and no further than its jobs are among the first."""
    if len(groups) == 1:
        return _page(tx, app, groups[0], limit, 0)
    step = max(PAGE_MIN, 2 * limit // len(groups))
    found: list[_Candidate] = []
    last: dict[Group, _Candidate] = {}
    skip = 0
    unread = list(groups)
    while unread:
        for group in unread:
            page = _page(tx, app, group, step, skip)
            found += page
            if len(page) == step:
                last[group] = page[-1]
            else:
                last.pop(group, None)
        found.sort(key=_order)
        del found[limit:]
        # What follows a page can matter only if the page's last job is still among the first.
        unread = [
            one for one in unread if one in last and (len(found) < limit or _order(last[one]) <= _order(found[-1]))
        ]
        skip += step
    return found


def _page(tx: Transaction, app: str, group: Group, limit: int, skip: int) -> list[_Candidate]:
    queue, name = group
    values = {"app": app, "queue": queue, "name": name, "now": tx.now_us, "limit": limit, "skip": skip}
    row = tx.row("ready_jobs", values)
    return [] if row is None else _decode_candidates(row[0])


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
