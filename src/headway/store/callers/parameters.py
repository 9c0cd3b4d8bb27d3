"""Statements with `:name` in the forms that drivers read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

_NAMED: Final = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")
_COMMENT: Final = re.compile(r"^\s*--.*\n", re.MULTILINE)


@lru_cache(maxsize=64)
def as_pyformat(text: str) -> str:
    """`%(name)s`."""
    return _NAMED.sub(r"%(\1)s", bare(text).replace("%", "%%"))


@lru_cache(maxsize=64)
def as_numbered(text: str) -> tuple[str, tuple[str, ...]]:
    """`$1`, and which value is which."""
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return _NAMED.sub(number, bare(text)), tuple(names)


def in_order(names: tuple[str, ...], values: Mapping[str, Any]) -> list[Any]:
    """The values as they are numbered."""
    return [values[name] for name in names]


@lru_cache(maxsize=64)
def bare(text: str) -> str:
    """Without comments and the last semicolon."""
    return _COMMENT.sub("", text).rstrip("; \n")
