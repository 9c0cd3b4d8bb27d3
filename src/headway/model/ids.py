"""Reference ids: unique names of jobs, made by the client before the insert."""

from __future__ import annotations

import os
import re
from types import MappingProxyType
from typing import Final

from headway.model.clock import Clock
from headway.model.errors import NameInvalid
from headway.model.naming import check_name

REF_ID_MAX_CHARS: Final = 200
RANDOM_BYTES: Final = 8
"""Of one id."""
POOL_SIZE: Final = 256
"""Ids whose randomness is drawn at once."""
VARIANTS: Final = MappingProxyType({digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"})
"""The two bits that say which kind of UUID it is stand in place of two random ones."""
FRACTIONS: Final = tuple(f"{(us << 12) // 1000:03x}" for us in range(1000))
"""Microseconds within their millisecond, as the twelve bits that follow it."""
INTEGER: Final = re.compile(r"[+-]?\d[\d_]*")


def uuid7(now_us: int, random_bytes: bytes) -> str:
    """A UUID version 7 of this moment and 8 random bytes.

    The bits below the millisecond hold its fraction, so that ids of one process sort by time down to about a
    quarter of a microsecond and land next to each other in a B-tree. 62 bits are random.
    """
    millisecond, rest_us = divmod(now_us, 1000)
    return _head(millisecond) + FRACTIONS[rest_us] + _tail(random_bytes.hex())


def _head(millisecond: int) -> str:
    time = f"{millisecond & 0xFFFF_FFFF_FFFF:012x}"
    return f"{time[:8]}-{time[8:]}-7"


def _tail(random: str) -> str:
    """The random part; its first digit holds the variant."""
    return f"-{VARIANTS[random[0]]}{random[1:4]}-{random[4:16]}"


def new_ref_id(clock: Clock) -> str:
    """A new reference id; its randomness is the system's."""
    return uuid7(clock.now_us(), os.urandom(RANDOM_BYTES))


class RefIds:
    """Makes reference ids by the thousand, from any thread: the system is asked for randomness once for many of them.

    Asking for it each time hands Python's lock to another thread each time. A forked process begins with randomness
    of its own. Ids of one millisecond share their first half, which is written once.
    """

    __slots__ = ("_clock", "_head", "_pid", "_tails")

    def __init__(self, clock: Clock) -> None:
        """Ask for nothing yet."""
        self._clock = clock
        self._pid = 0
        self._head = (-1, "")
        self._tails: list[str] = []

    def new(self) -> str:
        """A new reference id."""
        if self._pid != os.getpid():
            self._tails, self._pid = [], os.getpid()
        try:
            tail = self._tails.pop()  # one step of the interpreter: no two threads get the same
        except IndexError:
            tail = self._refill()
        millisecond, rest_us = divmod(self._clock.now_us(), 1000)
        known, head = self._head
        if known != millisecond:
            head = _head(millisecond)
            self._head = (millisecond, head)
        return head + FRACTIONS[rest_us] + tail

    def _refill(self) -> str:
        drawn = os.urandom(RANDOM_BYTES * POOL_SIZE).hex()
        tails = [_tail(drawn[at : at + 16]) for at in range(0, len(drawn), 16)]
        tail = tails.pop()
        self._tails += tails
        return tail


def check_ref_id(text: str) -> str:
    """Return a caller's own reference id if it can be one; else NameInvalid. Integers are refused: they are job ids."""
    check_name("ref_id", text, REF_ID_MAX_CHARS)
    if INTEGER.fullmatch(text):
        msg = f"the ref_id {text!r} looks like a job id; write 'job-{text}' or another word before it"
        raise NameInvalid(msg)
    return text
