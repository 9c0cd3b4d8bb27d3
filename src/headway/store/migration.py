"""Steps of a schema: numbered files of a folder, forward only, each applied once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from headway.model.displaced import SchemaTooOld
from headway.model.errors import SchemaTooNew

ALLOW_VARIABLE: Final = "HEADWAY_MIGRATE"


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


def pending(place: str, found: int, steps: Sequence[Migration], *, asked: bool) -> Sequence[Migration]:
    """The steps that a store still needs. Raises SchemaTooNew for a store of newer code.

    Raises SchemaTooOld when there are some, nobody `asked` for them, and HEADWAY_MIGRATE=no is in the environment: then only
    `headway migrate` changes tables.
    """
    newest = steps[-1].version
    if found > newest:
        msg = f"the store {place} has schema {found}, this headway knows {newest}: upgrade headway here, or give it another place"
        raise SchemaTooNew(msg)
    left = [step for step in steps if step.version > found]
    if left and not asked and os.environ.get(ALLOW_VARIABLE) == "no":
        msg = f"the store {place} has schema {found}, this headway needs {newest}, and {ALLOW_VARIABLE}=no; run headway migrate"
        raise SchemaTooOld(msg)
    return left
