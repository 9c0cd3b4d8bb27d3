"""The terms of a concurrency key as they are stored, in one number: how many of it may run at once, and which rate limit it has.

Jobs of a key that agree about both are one group of its line, so the number is all that the indexes of lines need to know.
"""

from __future__ import annotations

from typing import Final

TERMS_STEP: Final = 1_024
"""Above the highest limit. What is below has no rate limit."""


def join_terms(limit: int, rate: int) -> int:
    """A limit, and the number of a rate limit."""
    return limit + TERMS_STEP * rate


def limit_of(terms: int) -> int:
    """How many may run at once."""
    return terms % TERMS_STEP


def rate_of(terms: int) -> int:
    """The number of the rate limit; 0 for none."""
    return terms // TERMS_STEP
