"""So many tries a minute: for each account and for each address, counted in this process."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict, deque
from collections.abc import Iterable
from typing import Final

TRIES_MAX: Final = 5
WINDOW_US: Final = 60_000_000
KEYS_MAX: Final = 20_000
"""Names and addresses that are remembered; the oldest are forgotten first."""
PREFIX_V6: Final = 64
"""One customer has so many bits of an address, so all their addresses count as one."""


class Brake:
    """Counts tries, and says how long the next one must wait. Several server processes count each for itself."""

    def __init__(self, *, tries: int = TRIES_MAX, window_us: int = WINDOW_US) -> None:
        """Lets `tries` through in each window."""
        self._tries = tries
        self._window_us = window_us
        self._seen: OrderedDict[str, deque[int]] = OrderedDict()

    def wait_us(self, keys: Iterable[str], now_us: int) -> int:
        """Counts a try under each key and gives 0; or counts nothing and says how long to wait, if one of them has had too many."""
        tries = [self._of(key, now_us) for key in keys]
        full = [times[0] + self._window_us - now_us for times in tries if len(times) >= self._tries]
        if full:
            return max(full)
        for times in tries:
            times.append(now_us)
        return 0

    def forgive(self, keys: Iterable[str]) -> None:
        """The last try was right: it does not count."""
        for key in keys:
            if self._seen.get(key):
                self._seen[key].pop()

    def _of(self, key: str, now_us: int) -> deque[int]:
        times = self._seen.setdefault(key, deque())
        self._seen.move_to_end(key)
        while times and not now_us - self._window_us < times[0] <= now_us:  # a clock that was set back forgets
            times.popleft()
        while len(self._seen) > KEYS_MAX:
            self._seen.popitem(last=False)
        return times


def address_key(host: str | None) -> str:
    """What an address is counted as."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return host or ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, PREFIX_V6), strict=False))
    return str(address)
