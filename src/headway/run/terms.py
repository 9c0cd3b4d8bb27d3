"""How long an attempt may run and react, as the parent of its process knows it: from the handler's facts and the call's options."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from headway.model.claim import Claim
from headway.model.handler import HandlerInfo, read_overrides

SECOND_US: Final = 1_000_000
GRACE_UNKNOWN_S: Final = 5.0
"""For a handler that the host registered after its Hello."""


class Terms:
    """Looks up by name or alias."""

    def __init__(self, handlers: Iterable[HandlerInfo] = ()) -> None:
        self._known: dict[str, HandlerInfo] = {}
        self.learn(handlers)

    def learn(self, handlers: Iterable[HandlerInfo]) -> None:
        """Know these too."""
        self._known.update((name, info) for info in handlers for name in (info.name, *info.aliases))

    def timeout_s(self, claim: Claim) -> float | None:
        """Seconds that the body may take; None: no limit."""
        timeout_us = read_overrides(claim.options).timeout_us
        if isinstance(timeout_us, msgspec.UnsetType):
            info = self._known.get(claim.name)
            timeout_us = None if info is None else info.timeout_us
        return None if timeout_us is None else timeout_us / SECOND_US

    def grace_s(self, claim: Claim) -> float:
        """Seconds that a stopped body may take before it is killed."""
        grace_us = read_overrides(claim.options).grace_us
        if isinstance(grace_us, msgspec.UnsetType):
            info = self._known.get(claim.name)
            return GRACE_UNKNOWN_S if info is None else info.grace_us / SECOND_US
        return grace_us / SECOND_US
