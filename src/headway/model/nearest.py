"""The known word that a misspelt one is most like."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

LIKENESS: Final = 0.6
"""Words less alike than that are no misspelling of each other."""


def nearest(word: str, known: Iterable[str], *, likeness: float = LIKENESS) -> str | None:
    """The most similar known word, if one is similar at all."""
    import difflib  # only when there is a mistake to explain

    return next(iter(difflib.get_close_matches(word, tuple(known), n=1, cutoff=likeness)), None)
