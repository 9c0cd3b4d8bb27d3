"""Addresses with a query."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode


def with_query(path: str, pairs: Iterable[tuple[str, object]]) -> str:
    """An address with more in its query; what is None is left out."""
    query = urlencode([(key, value) for key, value in pairs if value is not None])
    if not query:
        return path
    before, mark, place = path.partition("#")
    return f"{before}{'&' if '?' in before else '?'}{query}{mark}{place}"
