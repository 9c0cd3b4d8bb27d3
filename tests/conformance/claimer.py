"""A process of its own that claims and settles until nothing is left; says on its output what it ran.

Run as a script: place, uid, how many jobs a turn. Starts when a line comes in.
"""

import json
import sys

from headway.model.outcome import Budget, Ending, EndKind, Settlement, decide
from headway.store.open import open_store
from headway.store.protocol import Ask, NodeInfo

LEASE_US = 30_000_000


def main(place: str, uid: str, limit: int) -> None:
    store = open_store(place, durability="relaxed")
    info = NodeInfo(
        uid=uid, app="default", host="here", pid=1, names=("work",), queues=None, concurrency=limit, version="0"
    )
    node = store.call(store.register(info, lease_us=LEASE_US))
    asks = [Ask(limit=limit, names=frozenset({"work"}))]
    print("ready", flush=True)  # noqa: T201 - it is how the processes start together
    sys.stdin.readline()
    ran: list[tuple[int, int]] = []
    settlements: list[Settlement] = []
    while True:
        answer = store.call(store.exchange(node, settlements=settlements, asks=asks, lease_us=LEASE_US))
        assert all(answer.accepted)
        if not answer.claims:
            break
        ran += [(claim.id, claim.epoch) for claim in answer.claims]
        settlements = [
            decide(
                Budget(tries=claim.tries, crashes=claim.crashes, retries=claim.retries),
                Ending(id=claim.id, epoch=claim.epoch, kind=EndKind.RETURNED, started_us=1, finished_us=2),
            )
            for claim in answer.claims
        ]
    store.close()
    print(json.dumps(ran), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
