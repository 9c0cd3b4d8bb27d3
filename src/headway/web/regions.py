"""The live parts of a page, cut out of its text: elements with an `id` and the attribute `data-live`.

The text comes from the templates, where everything foreign is escaped; so a `<` is always the beginning of a tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

OPENING: Final = re.compile(r"<([a-z][a-z0-9]*)\s(?:[^<>]*\s)?data-live(?=[\s=>])[^<>]*>")
ID: Final = re.compile(r'\sid="([^"<>]+)"')


def regions(page: str) -> dict[str, str]:
    """Each live element with all that is in it, by its id; those within another are part of that one."""
    return dict(_cut(page))


def _cut(page: str) -> Iterator[tuple[str, str]]:
    at = 0
    while (opening := OPENING.search(page, at)) is not None:
        at = _end(page, opening)
        named = ID.search(opening[0])
        if named is not None:
            yield named[1], page[opening.start() : at]


def _end(page: str, opening: re.Match[str]) -> int:
    """Behind the tag that closes the element; the end of the page where none does."""
    depth = 1
    for tag in re.compile(rf"<(/?){opening[1]}(?=[\s>])[^<>]*>").finditer(page, opening.end()):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return tag.end()
    return len(page)
