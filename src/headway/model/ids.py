"""Reference ids: unique names of jobs, made by the client before the insert."""

from __future__ import annotations

import os
import re
from typing import Final

from headway.model.clock import Clock
from headway.model.errors import NameInvalid
from headway.model.naming import check_name

REF_ID_MAX_CHARS: Final = 200
INTEGER: Final = re.compile(r"[+-]?\d[\d_]*")


def uuid7(now_us: int, random_bytes: bytes) -> str:
    """A UUID version 7 of this moment and 8 random bytes.

    The bits below the millisecond hold its fraction, so that ids of one process sort by time down to about a
    quarter of a microsecond and land next to each other in a B-tree. 62 bits are random.
    """
    # Text from the start: faster than to build a number of 128 bits. The random part's first digit holds the variant.
    random = random_bytes.hex()
    time = "%012x%03x" % (now_us // 1000 & 0xFFFF_FFFF_FFFF, (now_us % 1000 << 12) // 1000)  # noqa: UP031 - faster than format()
    return f"{time[:8]}-{time[8:12]}-7{time[12:]}-{'89ab'[random_bytes[0] & 3]}{random[1:4]}-{random[4:16]}"


def new_ref_id(clock: Clock) -> str:
    """A new reference id; safe in forked processes, since the randomness is the system's."""
    return uuid7(clock.now_us(), os.urandom(8))


def check_ref_id(text: str) -> str:
    """Return a caller's own reference id if it can be one; else NameInvalid. Integers are refused: they are job ids."""
    check_name("ref_id", text, REF_ID_MAX_CHARS)
    if INTEGER.fullmatch(text):
        msg = f"the ref_id {text!r} looks like a job id; write 'job-{text}' or another word before it"
        raise NameInvalid(msg)
    return text
