"""The endings of claims whose body never began: nothing is charged for them."""

from __future__ import annotations

from typing import Final

from headway.model.claim import Claim
from headway.model.outcome import Ending, EndKind
from headway.run.runner import StopReason
from headway.run.stops import code_of, kind_of

UNKNOWN: Final = "unknown_handler"


def unstarted(claim: Claim, reason: StopReason) -> Ending:
    """It was to be stopped before it began."""
    return Ending(claim.id, claim.epoch, kind_of(reason), claim.claimed_us, claim.claimed_us, code=code_of(reason))


def unheard(claim: Claim) -> Ending:
    """It was granted in an answer that nobody heard."""
    return Ending(claim.id, claim.epoch, EndKind.RELEASED, claim.claimed_us, claim.claimed_us)


def unknown(claim: Claim) -> Ending:
    """Nobody here has its handler."""
    words = f"no handler is registered here as {claim.name!r}"
    released = EndKind.RELEASED
    return Ending(claim.id, claim.epoch, released, claim.claimed_us, claim.claimed_us, code=UNKNOWN, reason=words)
