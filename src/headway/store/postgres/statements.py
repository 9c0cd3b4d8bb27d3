"""The statements as psycopg reads them: in the place's schema, with parameters in its form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, LiteralString

from headway.store.verbs.statements import SHARED, load

TEXTS: Final[Mapping[str, str]] = MappingProxyType({**SHARED, **load(Path(__file__).with_name("sql"))})
_TABLE: Final = re.compile(r"\bheadway_(?=[a-z])")
_COMMENT: Final = re.compile(r"^\s*--.*\n", re.MULTILINE)
_NAMED: Final = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")


def qualified(text: str, schema: str) -> str:
    """Every name of ours with its schema: no search path has to be set, which a pooler would mix up."""
    return _TABLE.sub(f'"{schema}".headway_', text)


def ours(text: str) -> LiteralString:
    """A text that is made of our own words and of names that were checked, which psycopg wants to be told."""
    return text  # pyright: ignore[reportReturnType] - mypy knows no such kind of str


def as_psycopg(text: str) -> LiteralString:
    """`:name` and `?` as psycopg has them, without comments."""
    text = _COMMENT.sub("", text).rstrip("; \n")
    return ours(_NAMED.sub(r"%(\1)s", text.replace("%", "%%")).replace("?", "%s"))


@lru_cache(maxsize=64)
def statements(schema: str) -> Mapping[str, LiteralString]:
    """Every statement of the store by its name, for one schema."""
    return MappingProxyType({name: ours(as_psycopg(qualified(text, schema))) for name, text in TEXTS.items()})


@lru_cache(maxsize=512)
def composed(text: str, schema: str) -> LiteralString:
    """A composed statement in the same way."""
    return ours(as_psycopg(qualified(text, schema)))
