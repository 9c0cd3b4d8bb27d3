"""Statements, one a file, loaded once by name: here those that all databases read alike; each store has its own beside them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final


def load(folder: Path) -> Mapping[str, str]:
    """Every `.sql` file of a folder, by its stem."""
    texts = {file.stem: file.read_text(encoding="utf-8").strip() for file in sorted(folder.glob("*.sql"))}
    return MappingProxyType(texts)


SHARED: Final = load(Path(__file__).with_name("sql"))
