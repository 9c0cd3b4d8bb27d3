"""How much to claim: what can start now, and a look-ahead that is short in time. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from headway.store.protocol import Ask

LOOKAHEAD_S: Final = 0.03
"""Claimed ahead of a free slot: what this node finishes in about this time, or in a few turns if those take longer."""
LOOKAHEAD_TURNS: Final = 3
LOOKAHEAD_LONGEST_S: Final = 0.25
LOOKAHEAD_MAX: Final = 1_000
UNSETTLED_MAX: Final = 2_000
"""Outcomes that are not durable yet; beyond that nothing is claimed."""
RATE_MEMORY: Final = 0.7


class Pace:
    """How many bodies end per second, smoothed: slow jobs make no look-ahead, quick ones a useful one."""

    def __init__(self) -> None:
        """Start slow."""
        self._per_second = 0.0
        self._turn_s = 0.0
        self._since: float | None = None
        self._busy_s = 0.0
        self._count = 0

    def began(self, now: float) -> None:
        """Note that the first bodies begin after a pause, in which nothing could end; `now` is monotonic."""
        self._since = now

    def ended(self, count: int, now: float) -> None:
        """Note that bodies ended; `now` is monotonic."""
        if self._since is not None:
            self._busy_s += now - self._since
        self._since = now
        self._count += count
        if self._busy_s >= PACE_WINDOW_S:
            rate = self._count / self._busy_s
            self._per_second = RATE_MEMORY * self._per_second + (1 - RATE_MEMORY) * rate if self._per_second else rate
            self._busy_s, self._count = 0.0, 0

    def took(self, turn_s: float) -> None:
        """Note how long the store took for a turn: meanwhile bodies must not run out of work."""
        self._turn_s = RATE_MEMORY * self._turn_s + (1 - RATE_MEMORY) * turn_s

    def lookahead(self, now: float) -> int:
        """How many to hold ready behind the running ones; none once those turn out to be slow."""
        horizon_s = min(max(LOOKAHEAD_S, LOOKAHEAD_TURNS * self._turn_s), LOOKAHEAD_LONGEST_S)
        if self._since is None or now - self._since > horizon_s + PACE_WINDOW_S:
            return 0  # nothing has ended for longer than the look-ahead is to last: the pace is over
        return min(LOOKAHEAD_MAX, int(self._per_second * horizon_s))


PACE_WINDOW_S: Final = 0.005


class Paces:
    """The pace of the bodies in hosts, and that of the bodies in children of their own."""

    def __init__(self) -> None:
        """Start slow."""
        self.hosts = Pace()
        self.children = Pace()

    def began(self, in_hosts: int, in_children: int, now: float) -> None:
        """More bodies begin; so many were running before."""
        if not in_hosts:
            self.hosts.began(now)
        if not in_children:
            self.children.began(now)

    def ended(self, before: tuple[int, int], after: tuple[int, int], now: float) -> None:
        """So many were running in hosts and in children before some ended, and so many are now."""
        for pace, earlier, later in zip((self.hosts, self.children), before, after, strict=True):
            if earlier > later:
                pace.ended(earlier - later, now)

    def took(self, turn_s: float) -> None:
        """Note how long the store took for a turn."""
        self.hosts.took(turn_s)
        self.children.took(turn_s)


def asks(
    *,
    queues: Mapping[str, int] | None,
    concurrency: int,
    children: int,
    host_names: frozenset[str],
    child_names: frozenset[str],
    by_queue: Mapping[str, int],
    in_hosts: int,
    in_children: int,
    lookahead: int,
    child_lookahead: int = 0,
) -> tuple[Ask, ...]:
    """The asks of one turn: per queue where queues have limits, and apart for jobs that run in a child process."""
    room = concurrency + lookahead - in_hosts
    child_room = children - in_children
    found: list[Ask] = []
    if queues is None:
        if room > 0 and host_names:
            found.append(Ask(limit=room, names=host_names))
        child_room += child_lookahead if children else 0
        if child_room > 0 and child_names:
            found.append(Ask(limit=child_room, names=child_names))
        return tuple(found)
    for queue, limit in queues.items():
        free = limit - by_queue.get(queue, 0)
        # A host bounds only all its bodies together, so nothing may wait there behind a queue's own limit.
        ahead = lookahead if len(queues) == 1 and limit >= concurrency else 0
        for_hosts = min(free + ahead, room)
        if for_hosts > 0 and host_names:
            found.append(Ask(limit=for_hosts, names=host_names, queues=(queue,)))
            room -= for_hosts
        for_children = min(free, child_room)
        if for_children > 0 and child_names:
            found.append(Ask(limit=for_children, names=child_names, queues=(queue,)))
            child_room -= for_children
    return tuple(found)
