"""Jobs that do next to nothing, put into a store by the thousand."""

from __future__ import annotations

import time
from itertools import count
from typing import Final

from headway.model.claim import NewJob
from headway.store.protocol import Store

CHUNK: Final = 1_000
NUMBERS: Final = count(1)


def fill(store: Store, jobs: int) -> list[int]:
    """Enqueue so many."""
    found: list[int] = []
    for start in range(0, jobs, CHUNK):
        found += [one.id for one in store.call(store.enqueue([cheap() for _ in range(min(CHUNK, jobs - start))]))]
    return found


def cheap() -> NewJob:
    """One job of the shop."""
    return NewJob(
        ref_id=f"bench-{time.time_ns()}-{next(NUMBERS)}", name="update_search", payload='{"text":"x"}', priority=90
    )
