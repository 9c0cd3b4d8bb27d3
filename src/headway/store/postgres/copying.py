"""COPY: rows as PostgreSQL's own text format, built at once from an INSERT's values.

The format: https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, LiteralString

from headway.store.postgres.statements import ours, statements

INSERT: Final = re.compile(r"INSERT INTO (\S+) \(([^()]*)\)\s+VALUES \(([^()]*)\)", re.DOTALL)
MARK: Final = "%s"
_SPECIAL: Final = re.compile(r"[\\\t\n\r\0]")
_ESCAPES: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r", "\0": r"\\x00"})
"""A NUL, which PostgreSQL keeps in no text, is written as `\\x00`, as in `connect.py`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """An INSERT of one row as a COPY of many."""

    text: LiteralString
    width: int
    """Values of one row."""
    tail: str
    """What every line ends with: the columns that are the same in all rows, which come last."""

    def lines(self, values: Sequence[Any]) -> str:
        """These values, one row behind the other. Most have nothing to escape, which is found out for all of them at once."""
        fields = [v if (kind := v.__class__) is str else str(v) if kind is int else _field(v) for v in values]
        if _SPECIAL.search("".join(fields)):
            fields = [_field(value) for value in values]
        width, tail = self.width, self.tail
        return "".join(["\t".join(fields[at : at + width]) + tail for at in range(0, len(fields), width)])


@lru_cache(maxsize=64)
def copy_of(name: str, schema: str) -> Copied | None:
    """The COPY that does what a named statement does; None for one that is more than a plain INSERT."""
    found = INSERT.fullmatch(statements(schema)[name].strip())
    if found is None:
        return None
    table, columns, values = found.groups()
    return Copied(
        text=ours(f"COPY {table} ({columns}) FROM STDIN"),
        width=values.count(MARK),
        tail="".join(f"\t{one}" for one in _fixed(values)) + "\n",
    )


def _fixed(values: str) -> Iterator[str]:
    """The texts that stand behind the marks."""
    for one in values.split(","):
        word = one.strip()
        if word != MARK:
            yield word.strip("'")


def lines_of(rows: Iterable[Sequence[Any]]) -> str:
    """Rows whole, one behind the other."""
    return "".join(["\t".join([_field(value) for value in row]) + "\n" for row in rows])


def _field(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES) if _SPECIAL.search(value) else value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, bytes | memoryview):
        return rf"\\x{bytes(value).hex()}"
    return str(value)
