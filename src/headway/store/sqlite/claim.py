"""Grant due jobs to a node: by priority, then due moment, then id, of the handlers it knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from headway.model.claim import Claim
from headway.store.protocol import Ask
from headway.store.sqlite.transaction import Transaction, as_json

CLAIM_MAX: Final = 1_000
"""Jobs granted in one transaction."""
SCAN_MAX: Final = 5_000
"""Jobs of handlers that the node does not know, looked past in one queue and turn."""

_Candidate = tuple[int, str, int, int]  # id, name, priority, due_us

_decode_candidates = msgspec.json.Decoder(list[_Candidate]).decode
_decode_claims = msgspec.json.Decoder(list[Claim]).decode


def claim(tx: Transaction, node_id: int, app: str, asks: Sequence[Ask]) -> tuple[Claim, ...]:
    """Grant up to each ask's limit. The transaction holds the write lock, so what is seen as ready is still ready."""
    chosen: list[_Candidate] = []
    taken: set[int] = set()
    for ask in asks:
        limit = min(ask.limit, CLAIM_MAX - len(chosen))
        if limit <= 0 or not ask.names:
            continue
        for candidate in _candidates(tx, app, ask, limit, known=_known(asks)):
            if candidate[0] not in taken:
                taken.add(candidate[0])
                chosen.append(candidate)
    if not chosen:
        return ()
    chosen.sort(key=_order)
    ids = as_json([candidate[0] for candidate in chosen])
    tx.change("claim_jobs", {"ids": ids, "node_id": node_id, "now": tx.now_us})
    row = tx.row("claimed_jobs", {"ids": ids, "now": tx.now_us})
    return () if row is None else tuple(_decode_claims(row[0]))


def _known(asks: Sequence[Ask]) -> frozenset[str]:
    return asks[0].names if len(asks) == 1 else frozenset().union(*(ask.names for ask in asks))


def _order(candidate: _Candidate) -> tuple[int, int, int]:
    return (-candidate[2], candidate[3], candidate[0])


def _candidates(tx: Transaction, app: str, ask: Ask, limit: int, *, known: frozenset[str]) -> Iterable[_Candidate]:
    queues = ask.queues if ask.queues is not None else tuple(row[0] for row in tx.rows("ready_queues", {"app": app}))
    if len(queues) == 1:
        return _of_queue(tx, app, queues[0], ask.names, limit, known)
    found = [one for queue in queues for one in _of_queue(tx, app, queue, ask.names, limit, known)]
    found.sort(key=_order)
    return found[:limit]


def _of_queue(
    tx: Transaction, app: str, queue: str, names: frozenset[str], limit: int, known: frozenset[str]
) -> list[_Candidate]:
    """The first ready jobs of a queue that the node can run; looks past others, and parks what nobody can run."""
    found: list[_Candidate] = []
    strangers: list[_Candidate] = []
    skip = 0
    window = limit
    while len(found) < limit and skip < SCAN_MAX + limit:
        values = {"app": app, "queue": queue, "now": tx.now_us, "limit": window, "skip": skip}
        row = tx.row("ready_jobs", values)
        page = [] if row is None else _decode_candidates(row[0])
        for candidate in page:
            if candidate[1] in names:
                found.append(candidate)
            elif candidate[1] not in known:
                strangers.append(candidate)
        if len(page) < window:
            break
        skip += window
        window = min(window * 4, SCAN_MAX)
    else:
        if len(found) < limit:
            values = {"app": app, "queue": queue, "now": tx.now_us, "limit": limit, "names": as_json(sorted(names))}
            row = tx.row("ready_jobs_named", values)
            found = [] if row is None else _decode_candidates(row[0])
    if strangers:
        _park(tx, app, strangers)
    return found[:limit]


def _park(tx: Transaction, app: str, strangers: Sequence[_Candidate]) -> None:
    """Set aside jobs whose handler no live node knows, so that they cost later claims nothing; a node that knows them gets them back."""
    live = {name for node_app, name in tx.rows("live_names") if node_app == app}
    lost = [candidate[0] for candidate in strangers if candidate[1] not in live]
    if lost:
        tx.change("park_jobs", {"ids": as_json(lost)})
