"""Back-off: how long to wait before a failed job is tried again. Pure values; randomness is an argument."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

import msgspec

from headway.model.errors import RETRY_IN_MAX, OptionInvalid

DELAY_MAX: Final = RETRY_IN_MAX
"""No pause is longer, whoever computed it."""
BASE_DEFAULT: Final = timedelta(seconds=5)
CAP_DEFAULT: Final = timedelta(minutes=5)
FACTOR_MAX: Final = 1000.0
DELAYS_MAX: Final = 100

ZERO: Final = timedelta(0)


class Backoff(msgspec.Struct, frozen=True, tag_field="kind"):
    """The family: Fixed, Linear, Exponential, Delays. Values are comparable, hashable and survive JSON."""

    def delay(self, failures: int, random: float) -> timedelta:
        """The pause after the n-th failure in a row (counted from 1); `random` is in [0, 1). Never negative, never above DELAY_MAX."""
        raise NotImplementedError  # pragma: no cover

    def to_json(self) -> str:
        """JSON text that `from_json` reads back to an equal value."""
        return msgspec.json.encode(self).decode()

    @staticmethod
    def from_json(text: str | bytes) -> Backoff:
        """Read what `to_json` wrote; OptionInvalid for anything else."""
        try:
            return _READ.decode(text)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as exc:
            msg = f"this is not the JSON of a back-off: {exc}"
            raise OptionInvalid(msg) from exc


class Fixed(Backoff, frozen=True, tag="fixed"):
    """Always the same pause."""

    pause: timedelta

    def __post_init__(self) -> None:
        check_delay("Fixed(pause)", self.pause)

    def delay(self, failures: int, random: float) -> timedelta:  # noqa: ARG002 - the family's signature
        """The pause."""
        return self.pause


class Linear(Backoff, frozen=True, tag="linear"):
    """base, 2 base, 3 base, ... up to the cap."""

    base: timedelta = BASE_DEFAULT
    cap: timedelta = CAP_DEFAULT

    def __post_init__(self) -> None:
        _check_cap("Linear", self.base, self.cap)

    def delay(self, failures: int, random: float) -> timedelta:  # noqa: ARG002 - the family's signature
        """`base` times the number of failures, at most `cap`."""
        return _times(self.base, float(max(1, failures)), self.cap)


class Exponential(Backoff, frozen=True, tag="exponential"):
    """base, base x factor, base x factor², ... up to the cap.

    With jitter the pause lies between half of that and the whole (equal jitter), so that jobs which failed together
    do not come back together.
    """

    base: timedelta = BASE_DEFAULT
    factor: float = 2.0
    cap: timedelta = CAP_DEFAULT
    jitter: bool = True

    def __post_init__(self) -> None:
        _check_cap("Exponential", self.base, self.cap)
        if not _is_factor(self.factor):
            msg = f"Exponential(factor) must be a number from 1 to {FACTOR_MAX:.0f}, not {self.factor!r}"
            raise OptionInvalid(msg)

    def delay(self, failures: int, random: float) -> timedelta:
        """In [half, whole) of min(cap, base x factor^(failures - 1)); the whole without jitter."""
        try:
            power = float(self.factor) ** (max(1, failures) - 1)
        except OverflowError:
            power = math.inf
        whole = _times(self.base, power, self.cap)
        # Halves of odd microseconds are rounded up: never beyond the whole.
        return min(whole, whole / 2 + whole / 2 * random) if self.jitter else whole


class Delays(Backoff, frozen=True, tag="delays"):
    """The given pauses one after the other; the last one repeats."""

    pauses: Sequence[timedelta]

    def __post_init__(self) -> None:
        if not _is_list(self.pauses):
            msg = f"Delays([...]) takes a list of timedelta, not {type(self.pauses).__name__}"
            raise OptionInvalid(msg)
        if not 1 <= len(self.pauses) <= DELAYS_MAX:
            msg = f"Delays([...]) takes 1 to {DELAYS_MAX} pauses, not {len(self.pauses)}"
            raise OptionInvalid(msg)
        for index, pause in enumerate(self.pauses):
            check_delay(f"Delays([...])[{index}]", pause)
        msgspec.structs.force_setattr(self, "pauses", tuple(self.pauses))

    def delay(self, failures: int, random: float) -> timedelta:  # noqa: ARG002 - the family's signature
        """The pause at this place of the list."""
        return self.pauses[min(max(1, failures), len(self.pauses)) - 1]


BackoffLike = Backoff | Callable[[int], timedelta]
"""A back-off, or a function from the number of failures (from 1) to a pause."""

_READ: Final[msgspec.json.Decoder[Backoff]] = msgspec.json.Decoder(Fixed | Linear | Exponential | Delays)


def delay_of(backoff: BackoffLike, failures: int, random: float) -> timedelta:
    """The pause that a back-off or a user's function gives; what the function returns is checked (OptionInvalid)."""
    if isinstance(backoff, Backoff):
        return backoff.delay(failures, random)
    return check_delay("what the backoff function returned", backoff(failures))


def check_delay(what: str, delay: timedelta) -> timedelta:
    """Return a pause if it is a timedelta from 0 to DELAY_MAX; else OptionInvalid."""
    if not isinstance(delay, timedelta):
        msg = f"{what} must be a timedelta such as timedelta(seconds=5), not {type(delay).__name__}"  # type: ignore[unreachable] # untyped callers
        raise OptionInvalid(msg)
    if not ZERO <= delay <= DELAY_MAX:
        msg = f"{what} must lie between 0 and {DELAY_MAX.days} days, not {delay}"
        raise OptionInvalid(msg)
    return delay


def _check_cap(kind: str, base: timedelta, cap: timedelta) -> None:
    check_delay(f"{kind}(base)", base)
    check_delay(f"{kind}(cap)", cap)
    if cap < base:
        msg = f"{kind}: the cap ({cap}) is below the base ({base}); give cap=..."
        raise OptionInvalid(msg)


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _is_factor(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value <= FACTOR_MAX


def _times(base: timedelta, number: float, cap: timedelta) -> timedelta:
    # Compared as floats first: a timedelta cannot hold base x 2^1000.
    seconds = base.total_seconds()
    return cap if seconds > 0 and number >= cap.total_seconds() / seconds else base * number


BACKOFF_DEFAULT: Final = Exponential()
