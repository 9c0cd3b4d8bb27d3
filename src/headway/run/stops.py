"""What a stop request makes of an attempt."""

from __future__ import annotations

from typing import assert_never

from headway.model.outcome import EndKind
from headway.run.runner import StopReason


def kind_of(reason: StopReason) -> EndKind:
    """How an attempt ends that was asked to stop for this reason."""
    match reason:
        case StopReason.CANCEL:
            return EndKind.CANCELLED
        case StopReason.TIMEOUT:
            return EndKind.TIMED_OUT
        case StopReason.SHUTDOWN | StopReason.LEASE_LOST:
            return EndKind.RELEASED
        case _:
            assert_never(reason)


def code_of(reason: StopReason) -> str | None:
    """The word that its ending carries; a cancellation gets its word where it is settled."""
    return None if reason is StopReason.CANCEL else reason.value
