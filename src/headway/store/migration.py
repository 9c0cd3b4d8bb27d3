"""Steps of a schema: numbered files of a folder, forward only, each applied once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema."""

    version: int
    text: str

    @property
    def digest(self) -> str:
        """What the file said when it was applied."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_migrations(folder: Path) -> tuple[Migration, ...]:
    """Every step, in order; the file name starts with its number."""
    files = sorted(folder.glob("[0-9]*.sql"))
    return tuple(Migration(int(file.stem.split("_")[0]), file.read_text(encoding="utf-8")) for file in files)
