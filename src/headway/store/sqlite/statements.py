"""The SQL, one statement a file, loaded once by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from headway.store.verbs.statements import SHARED, load

SQL: Final[Mapping[str, str]] = MappingProxyType({**SHARED, **load(Path(__file__).with_name("sql"))})

BLOCKS: Final = (64, 32, 16, 8, 4, 2, 1)
"""Rows in one statement: few statements for any number of rows, and few texts to keep prepared. After each statement Python's
lock is to be had again, for which a busy event loop makes the store wait; more rows in one save little."""
VALUES_MAX: Final = 999
"""Some builds of SQLite bind no more."""


ROW: Final = re.compile(r"VALUES (\([^()]*\))")


class Block:
    """A statement with one row of values, `VALUES (?, ...)`, and the same with several."""

    __slots__ = ("texts", "width")

    def __init__(self, text: str) -> None:
        """Repeat the row of the statement."""
        found = ROW.search(text)
        assert found is not None, text
        row = found[1]
        self.width = row.count("?")
        head, tail = text[: found.start(1)], text[found.end(1) :]
        sizes = sorted({min(size, VALUES_MAX // self.width) for size in BLOCKS}, reverse=True)
        self.texts = tuple((size, head + ", ".join([row] * size) + tail) for size in sizes)
        """From the longest on."""


BY_ROWS: Final[Mapping[str, Block]] = MappingProxyType(
    {name: Block(SQL[name]) for name in ("insert_plain_job", "insert_plain_body", "insert_success", "store_results")}
)
"""Statements that are run for many rows at once."""

COLUMNS: Final = re.compile(r"\(([^()]*)\)\s+VALUES \([^()]*\)")


@lru_cache(maxsize=256)
def block_without(name: str, given: tuple[bool, ...]) -> Block:
    """An INSERT with only those of its columns that are given; the others take their defaults."""
    text = SQL[name]
    found = COLUMNS.search(text)
    assert found is not None, text
    columns = [column.strip() for column, is_given in zip(found[1].split(","), given, strict=True) if is_given]
    marks = ", ".join("?" * len(columns))
    return Block(f"{text[: found.start()]}({', '.join(columns)}) VALUES ({marks})")
