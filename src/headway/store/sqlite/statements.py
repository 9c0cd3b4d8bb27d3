"""The SQL, one statement a file, loaded once by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final


def load(folder: Path) -> Mapping[str, str]:
    """Every `.sql` file of a folder, by its stem."""
    texts = {file.stem: file.read_text(encoding="utf-8").strip() for file in sorted(folder.glob("*.sql"))}
    return MappingProxyType(texts)


SQL: Final = load(Path(__file__).with_name("sql"))

BLOCKS: Final = (64, 8, 1)
"""Rows in one statement. Between two rows of `executemany` another thread takes Python's lock, and it costs twice the time;
more rows save little, and some builds of SQLite bind no more than 999 values."""


class Block:
    """An `INSERT ... VALUES (?, ...)` of one row, and the same for several rows."""

    __slots__ = ("texts", "width")

    def __init__(self, text: str) -> None:
        """Repeat the row of the statement."""
        head, row = text.rstrip(";").rsplit("VALUES ", 1)
        self.width = row.count("?")
        self.texts = tuple((size, head + "VALUES " + ", ".join([row] * size)) for size in BLOCKS)
        """From the longest on."""


INSERTS: Final[Mapping[str, Block]] = MappingProxyType(
    {name: Block(SQL[name]) for name in ("insert_plain_job", "insert_plain_body", "insert_success")}
)
"""Statements that are run for many rows at once."""
