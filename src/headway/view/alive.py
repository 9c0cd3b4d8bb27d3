"""Which nodes live: what the store says of each, and what can be seen of its process without asking any worker."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from msgspec.structs import replace

from headway.store.protocol import NodeRow

ACTIVE: Final = "active"
DRAINING: Final = "draining"
GONE: Final = "gone"
"""Its process is gone, and no worker has buried it and given its jobs back yet. Stored nowhere."""
SILENT_US: Final = 600_000_000
"""A node of another machine whose latest beat is older is taken for gone: twenty leases of the usual length."""

_AT_WORK: Final = frozenset({ACTIVE, DRAINING})


def as_seen(nodes: Sequence[NodeRow], *, gone: Collection[str], host: str, now_us: int) -> tuple[NodeRow, ...]:
    """The nodes as they stand: those at work by the store whose process is gone are `gone`.

    `gone` are the uids whose sign of life is. One of this `host` that is only silent may have been stopped and go on.
    """
    return tuple(replace(node, state=GONE) if _is_gone(node, gone, host, now_us) else node for node in nodes)


def _is_gone(node: NodeRow, gone: Collection[str], host: str, now_us: int) -> bool:
    if node.state not in _AT_WORK:
        return False
    return node.uid in gone or (node.host != host and now_us - node.seen_us > SILENT_US)
